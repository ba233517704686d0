import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../../src/delivery/types.ts'
import { checkTemplate, renderTemplate } from '../../../src/outbound/slack/template.ts'
import { UNSEEN } from '../request/unseen-text.ts'

const event: EventEnvelope = {
  tenant: 'default',
  id: 'evt_1',
  type: 'alert_created',
  subject: '<!channel> & co',
  receivedAt: '2026-11-23T12:00:00.250Z',
  data: '{"n":12345678901234567890,"a":{"list":[{"x":"first"},{"x":"second"}]},"nothing":null,"twice":1,"twice":2,"link":"a b|<c>","word":"!channel"}',
  hash: '',
}
const render = (template: string) => renderTemplate(template, event)

describe('a Slack template', () => {
  it('has the values of the event, escaped, in its own mrkdwn', () => {
    expect(render('*{{type}}* {{ id }}: {{subject}} & <!here>')).toBe(
      '*alert_created* evt_1: &lt;!channel&gt; &amp; co & <!here>',
    )
  })

  it('reaches into data by keys and indexes, and keeps big numbers', () => {
    expect(render('{{data.n}} {{data.a.list.1.x}} {{data.twice}}')).toBe(
      '12345678901234567890 second 2',
    )
    expect(render('{{data.a.list}}')).toBe('[{"x":"first"},{"x":"second"}]')
  })

  it('shows a dash for what the event does not have', () => {
    expect(render('{{reference}} {{data.nothing}} {{data.a.list.7.x}} {{data.__proto__.x}}')).toBe(
      '– – – –',
    )
  })

  it.each(UNSEEN)('shows a dash for %s', (_name, text) => {
    const unseen = { ...event, subject: text, data: JSON.stringify({ x: text, a: [text] }) }
    expect(renderTemplate('{{subject}} {{data.x}} {{data.a.0}}', unseen)).toBe('– – –')
  })

  it('encodes a value in the address of a link, and escapes it in its name', () => {
    expect(render('<https://crm.example.com/{{data.link}}|{{data.link}}>')).toBe(
      '<https://crm.example.com/a%20b%7C%3Cc%3E|a b|&lt;c&gt;>',
    )
  })

  it.each([
    ['{{foo}}', /“\{\{foo\}\}” is not known; known: type, subject/],
    ['{{data}}', /is not known/],
    ['{{data.}}', /is not known/],
    ['{{}}', /is not known/],
    ['{{Type}}', /is not known/],
    ['{{type}', /not part of a placeholder/],
    ['{{type}} {{', /not part of a placeholder/],
    ['a }} b', /not part of a placeholder/],
    ['  ', /is empty/],
    ['\u200b\u00ad', /is empty/],
    ['<{{data.word}}>', /within <…>/],
    ['<!{{data.word}}>', /within <…>/],
    ['<@{{subject}}|x>', /within <…>/],
    ['<!{{type}}{{subject}}>', /within <…>/],
  ])('%s is refused', (template, fault) => {
    expect(checkTemplate(template)).toMatch(fault)
  })

  it.each(['plain', '{{data.a.0.b-c}}', '<!here> {{type}}', '<mailto:{{subject}}|write>'])(
    '%s is taken',
    (template) => {
      expect(checkTemplate(template)).toBeUndefined()
    },
  )

  it('shortens values, never its own text', () => {
    const long = { ...event, data: JSON.stringify({ a: '&'.repeat(9_000) }) }
    const literal = 'x'.repeat(2_900)
    const text = renderTemplate(`${literal}{{data.a}}<!here>{{data.a}}`, long)
    expect(text.startsWith(literal)).toBe(true)
    expect(text).toContain('<!here>')
    expect(text.length).toBeLessThanOrEqual(3_000)
    expect(text.replace('<!here>', '')).toMatch(/^x+(&amp;)+…+$/)
  })

  it('gives no value the power to mention anybody', () => {
    const parts = fc.constantFrom('<', '>', '!', '|', ' ', 'https://', '{{data.v}}', '{{subject}}')
    const value = fc.constantFrom('!channel', 'channel', '<!here>', '@U1', '>', '<', '|', '!')
    const property = fc.property(fc.array(parts, { maxLength: 8 }), value, (made, v) => {
      const template = made.join('')
      fc.pre(checkTemplate(template) === undefined)
      const text = renderTemplate(template, { ...event, subject: v, data: JSON.stringify({ v }) })
      expect(text.match(/<[!@#]/g)).toEqual(template.match(/<[!@#]/g))
    })
    fc.assert(property, { numRuns: 2_000 })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../../src/delivery/types.ts'
import { deliveryBody } from '../../../src/outbound/request/delivery-body.ts'
import { slackMessage } from '../../../src/outbound/slack/message.ts'
import { SEED_EVENTS } from '../../support/seed-events.ts'
import { slackFaults } from '../../support/strangers/slack-limits.ts'
import { UNSEEN } from '../request/unseen-text.ts'

const link = 'https://herald.example.com/deliveries/dlv_1'
const bare: EventEnvelope = {
  tenant: 'default',
  id: 'evt_1',
  type: 'order.created',
  receivedAt: '2026-11-23T12:00:00.250Z',
  data: 'null',
  hash: '',
}
const eventOf = (fields: object): EventEnvelope => ({ ...bare, subject: 'cus_1', ...fields })
const target = (template?: string) => ({
  type: 'slack' as const,
  url: 'https://hooks.slack.com/services/T0/B0/x',
  timeout: '15s',
  ...(template !== undefined && { template }),
})
const bodyOf = (event: EventEnvelope, template?: string) =>
  deliveryBody(event, { format: 'raw', target: target(template) }, { delivery: link }).body

type Section = { text?: { text: string }; fields?: { text: string }[] }
function shown(event: EventEnvelope, template?: string) {
  const { text, blocks } = slackMessage(event, target(template), { delivery: link })
  const section = (blocks.find(({ type }) => type === 'section') ?? {}) as Section
  const header = blocks.find((block) => block.type === 'header')
  const context = blocks.find((block) => block.type === 'context')
  return {
    text,
    title: header?.text.text,
    summary: section.text?.text,
    fields: Object.fromEntries((section.fields ?? []).map((one) => one.text.split('\n'))) as Record<
      string,
      string
    >,
    footer: (context?.elements ?? []).map((one) => ('text' in one ? one.text : '')),
  }
}
const seed = (type: string) => {
  const { data, ...rest } = SEED_EVENTS.find((one) => one.type === type) ?? { data: {} }
  return eventOf({ ...rest, data: JSON.stringify(data) })
}

describe('the Slack message', () => {
  it.each(SEED_EVENTS)('of $type is one that Slack takes', ({ data, ...event }) => {
    const body = bodyOf(eventOf({ ...event, data: JSON.stringify(data) }))
    expect(slackFaults(body)).toEqual([])
    expect(body).toContain('cus_1')
  })

  it('says what happened, to whom, when and where to find more', () => {
    expect(shown(seed('customer_status_changed'))).toEqual({
      text: 'Customer status changed · cus_1 · *low_risk* → *high_risk*',
      title: 'Customer status changed',
      summary: '*low_risk* → *high_risk*',
      fields: { '*Subject*': 'cus_1', '*Customer*': 'Ada &amp; Sons' },
      footer: [
        'customer_status_changed',
        '<!date^1795435200^{date_short_pretty}, {time_secs}|2026-11-23T12:00:00.250Z>',
        `<${link}|Delivery>`,
      ],
    })
  })

  it.each(UNSEEN)('shows nothing of %s, in no place', (_name, text) => {
    const data = JSON.stringify({ oldStatus: text, newStatus: 'high', customerName: text })
    const event = { ...seed('customer_status_changed'), subject: text, reference: text, data }
    expect(shown(event)).toMatchObject({
      text: 'Customer status changed · *–* → *high*',
      summary: '*–* → *high*',
      fields: {},
    })
    const other = eventOf({ subject: text, data: JSON.stringify({ [text]: 'x', y: text }) })
    expect(shown(other)).toMatchObject({ text: 'Order created', fields: { '*Data*': 'x' } })
  })

  it('names the answers of a process run by their labels, also nested ones', () => {
    expect(shown(seed('process_run_end'))).toMatchObject({
      summary: '*KYC* has finished: *approved*',
      fields: {
        '*Files*': '2',
        '*Country of residence*': 'DK',
        '*ZIP code*': '2100',
        '*Other answer*': '7',
      },
    })
  })

  it('leaves out what is null, and falls back to the own fields of odd data', () => {
    expect(shown(seed('customer_tag_add')).fields).toEqual({
      '*Subject*': 'cus_1',
      '*Tag*': 'vip',
      '*By*': 'u1',
    })
    const odd = shown(eventOf({ type: 'alert_resolved', data: '{"somethingElse":1}' }))
    expect(odd.summary).toBeUndefined()
    expect(odd.fields).toMatchObject({ '*Something else*': '1' })
  })

  it('shows any other type by its own fields, numbers digit by digit', () => {
    const data = '{"orderId":12345678901234567890,"paid":true,"items":[ 1, 2],"note":null,"f":1.50}'
    expect(shown(eventOf({ data }))).toMatchObject({
      title: 'Order created',
      fields: {
        '*Order id*': '12345678901234567890',
        '*Paid*': 'true',
        '*Items*': '[ 1, 2]',
        '*F*': '1.50',
      },
    })
    expect(shown(eventOf({ data })).fields).not.toHaveProperty('*Note*')
  })

  it('counts the fields that are left out', () => {
    const data = JSON.stringify(
      Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, n])),
    )
    const { fields, footer } = shown(eventOf({ data }))
    expect(Object.keys(fields)).toHaveLength(10)
    expect(footer).toContain('21 more fields')
  })

  it('has the event id instead of a link where no public address is known, and says if it is a test', () => {
    const { blocks } = slackMessage({ ...bare, test: true }, target(), {})
    expect(JSON.stringify(blocks)).toContain('evt_1')
    expect(JSON.stringify(blocks)).toContain('test event')
    expect(slackFaults(JSON.stringify(slackMessage(bare, target(), {})))).toEqual([])
  })
})

const HOSTILE = '<!channel> <!here> <@U1> &lt;!everyone&gt; <https://evil.example.com|click> '
const FAMILY = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'

describe('what Slack would refuse or misuse', () => {
  const payloads: [string, unknown][] = [
    ['100 KiB of text', { big: 'x'.repeat(102_400), ['k'.repeat(300)]: 1 }],
    ['100 KiB of &', { big: '&'.repeat(102_400), more: '"\\'.repeat(9_000) }],
    ['<!channel> everywhere', { [HOSTILE]: HOSTILE, a: [HOSTILE], b: { [HOSTILE]: HOSTILE } }],
    [
      'emoji',
      Object.fromEntries('abcdefghijkl'.split('').map((key) => [key, FAMILY.repeat(2_000)])),
    ],
    ['emoji, shifted', { a: `x${FAMILY.repeat(2_000)}`, b: '\u{1F600}'.repeat(50_000) }],
    ['nested objects', { a: { b: { c: [{ d: null }, [[], {}]] } }, e: [[[1]]] }],
    ['nulls', { a: null, b: [null], c: '', d: {} }],
    [
      'half a surrogate and controls',
      { a: '\uD83D', b: '\u0000\u001b', ['\uDE00']: '\r\n\u0007x' },
    ],
    ['no object', [1, 2, HOSTILE]],
    ['a text', HOSTILE],
    ['null', null],
  ]
  const types = [...SEED_EVENTS.map(({ type }) => type), 'order.created', '-', 'x'.repeat(128)]

  it.each(payloads)('%s is shortened and escaped, for every type', (_name, payload) => {
    for (const type of types)
      for (const template of [undefined, 'See {{data.a}} {{ data.big }} {{subject}}']) {
        const data = JSON.stringify(payload)
        const event = { ...bare, type, data, subject: HOSTILE, reference: '\u{1F600}'.repeat(128) }
        expect(slackFaults(bodyOf(event, template))).toEqual([])
      }
  })

  it('never cuts an emoji of several parts in half', () => {
    const { fields } = shown(eventOf({ data: JSON.stringify({ a: FAMILY.repeat(2_000) }) }))
    expect(fields['*A*']).toMatch(new RegExp(`^(${FAMILY})+…$`))
  })

  it('hostile data in the places that layouts read is harmless', () => {
    for (const { type, data } of SEED_EVENTS) {
      const text = JSON.stringify(data, (_key, value: unknown) =>
        typeof value === 'string' ? HOSTILE.repeat(100) : value,
      )
      expect(slackFaults(bodyOf(eventOf({ type, data: text })))).toEqual([])
    }
  })

  it('any JSON of any type makes a message that Slack takes', () => {
    const property = fc.property(
      fc.constantFrom(...types),
      fc.option(fc.string({ unit: 'binary', minLength: 1 }), { nil: undefined }),
      fc.json({ maxDepth: 6, stringUnit: 'binary' }),
      fc.boolean(),
      (type, subject, data, hasTemplate) => {
        const template = hasTemplate
          ? '*{{subject}}* {{data.a.0}} <https://x.test/{{id}}|{{type}}>'
          : undefined
        const event = { ...bare, type, data, ...(subject !== undefined && { subject }) }
        expect(slackFaults(bodyOf(event, template))).toEqual([])
      },
    )
    fc.assert(property, { numRuns: 2_000 })
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { slackFaults } from '../../support/strangers/slack-limits.ts'
import { startApi } from '../support.ts'

let api: Awaited<ReturnType<typeof startApi>>
beforeAll(async () => {
  api = await startApi({ env: { PUBLIC_URL: 'https://herald.example.com/' } })
})
afterAll(() => api.stop())

const slackUrl = 'https://hooks.slack.com/services/T0000001/B0000001/abcdefghijklmnop'
const slack = { type: 'slack', url: slackUrl }
const event = { type: 'alert_created', subject: 'cus_1', data: { level: 'high' } }
type Preview = {
  request: { method: string; url: string; headers: Record<string, string> }
  body: string
  slack?: { text: string; blocks: unknown[] }
}
type Problem = { errors: { pointer: string; code: string; detail: string }[] }

const ask = (body: unknown) =>
  api.call('POST', '/v1/webhooks/preview', { body, key: api.keys.viewer })
async function preview(body: unknown): Promise<Preview> {
  const answer = await ask(body)
  expect(answer.status, answer.text).toBe(200)
  return answer.json as Preview
}
async function create(fields: object) {
  const body = { name: 'x', events: ['*'], ...fields }
  const made = await api.call('POST', '/v1/webhooks', { body })
  expect(made.status, made.text).toBe(201)
  return made.json as Record<string, unknown> & { id: string }
}

describe('a Slack webhook', () => {
  it('takes one message a second and does not sign, unless said otherwise', async () => {
    const made = await create({ target: slack })
    expect(made).toMatchObject({
      rateLimit: { limit: 1, per: '1s' },
      signature: { scheme: 'none' },
    })
    expect(made).not.toHaveProperty('secret')
    expect(await create({ target: slack, rateLimit: null })).toMatchObject({ rateLimit: null })
  })

  it('has its template checked when it is saved and when it is changed', async () => {
    const broken = { ...slack, template: 'Hello {{name}}' }
    const body = { name: 'x', events: ['*'], target: broken }
    const refused = await api.call('POST', '/v1/webhooks', { body })
    expect(refused.status).toBe(422)
    expect((refused.json as Problem).errors).toEqual([
      {
        pointer: '/target/template',
        code: 'template_invalid',
        detail: '“{{name}}” is not known; known: type, subject, reference, id, data.path.to.value',
      },
    ])
    const { id } = await create({ target: { ...slack, template: 'Hello {{subject}}' } })
    const changed = await api.call('PATCH', `/v1/webhooks/${id}`, {
      body: { target: { template: '{{ty}}' } },
      headers: { 'if-match': '"1"' },
    })
    expect(changed.status).toBe(422)
    expect((changed.json as Problem).errors[0]).toMatchObject({ pointer: '/target/template' })
  })

  it('has no plain http to Slack itself', async () => {
    const target = { ...slack, url: slackUrl.replace('https', 'http') }
    const body = { name: 'x', events: ['*'], target }
    const refused = await api.call('POST', '/v1/webhooks', { body })
    expect((refused.json as Problem).errors[0]).toMatchObject({ code: 'slack_host' })
  })
})

describe('the preview', () => {
  it('of a Slack target has text and blocks, and neither its URL nor headers of ours', async () => {
    const { request, body, slack: message } = await preview({ target: slack, event })
    expect(request).toEqual({
      method: 'POST',
      url: 'https://hooks.slack.com/…',
      headers: { 'content-type': 'application/json', 'user-agent': 'herald/0.0.0-test' },
    })
    expect(slackFaults(body)).toEqual([])
    expect(message).toEqual(JSON.parse(body))
    expect(message?.text).toBe('Alert created · cus_1')
    expect(body).toContain('<https://herald.example.com/deliveries/dlv_')
  })

  it('of a stored webhook shows its template, or the one that is tried', async () => {
    const { id } = await create({ target: { ...slack, template: 'Hello {{subject}}' } })
    expect((await preview({ webhook: id, event })).slack?.text).toBe('Hello cus_1')
    const target = { ...slack, url: 'https://hooks.slack.com/…mnop', template: '{{data.level}}!' }
    expect((await preview({ webhook: id, target, event })).slack?.text).toBe('high!')
  })

  it('of an HTTP target has the body byte for byte, and secrets redacted', async () => {
    const target = {
      type: 'http',
      url: 'https://example.com/hook?token=topsecret',
      headers: { 'X-Team': 'topsecret' },
      apiKey: { value: 'topsecret' },
    }
    const { id } = await create({ target })
    const data = '{"n": 12345678901234567890}'
    const text = `{"webhook":"${id}","event":{"id":"e1","type":"a.b","data":${data}}}`
    const answer = await ask(text)
    expect(answer.text).not.toContain('topsecret')
    const { request, body, slack: none } = answer.json as Preview
    expect(none).toBeUndefined()
    expect(body).toContain(`"data":${data}`)
    expect(request.url).toBe('https://example.com/hook?…')
    expect(request.headers).toMatchObject({
      'webhook-id': 'e1',
      'webhook-signature': '…',
      'X-API-Key': '…',
      'X-Team': '…',
      'Herald-Event-Type': 'a.b',
    })
    expect((await preview(text.replace('"event"', '"format":"raw","event"'))).body).toBe(data)
  })

  it('neither sends nor stores', async () => {
    const before = await api.models.webhooks.countDocuments()
    await preview({ target: { type: 'http', url: 'http://127.0.0.1:9/' }, event })
    expect(await api.models.webhooks.countDocuments()).toBe(before)
    expect(await api.models.events.countDocuments()).toBe(0)
    expect(api.ingest.accepted).toEqual([])
  })

  it.each([
    [{ event }, '/target', 'required'],
    [{ target: slack }, '/event', 'required'],
    [{ target: slack, event: { data: 1 } }, '/event/type', 'required'],
    [{ target: slack, event: { ...event, tpye: 1 } }, '/event/tpye', 'unknown_field'],
    [{ target: { ...slack, url: 'nonsense' }, event }, '/target/url', 'url_invalid'],
    [{ target: { ...slack, template: '{{x}}' }, event }, '/target/template', 'template_invalid'],
    [{ target: slack, evnet: {}, event }, '/evnet', 'unknown_field'],
  ])('of %j is refused at %s', async (body, pointer, code) => {
    const refused = await ask(body)
    expect(refused.status).toBe(422)
    expect((refused.json as Problem).errors).toContainEqual(
      expect.objectContaining({ pointer, code }),
    )
  })

  it("of nobody's webhook is 404", async () => {
    expect((await ask({ webhook: 'wh_nobody', event })).status).toBe(404)
  })
})

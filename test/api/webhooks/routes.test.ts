import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PRESET_NAMES, PRESETS } from '../../../src/api/webhooks/presets.ts'
import type { WebhookDocument } from '../../../src/models/webhooks/document.ts'
import { type Api, startApi } from '../support.ts'

type Webhook = Record<string, unknown> & { id: string; secret: string; version: number }
const url = 'https://example.com/hook'
const hook = { name: 'x', events: ['*'], target: { type: 'http', url } }

let api: Api
beforeAll(async () => {
  api = await startApi({ env: { SLACK_ALLOW_HOSTS: 'chat.example.com' } })
})
afterAll(() => api.stop())

async function create(fields: object = {}): Promise<Webhook> {
  const answer = await api.call('POST', '/v1/webhooks', { body: { ...hook, ...fields } })
  expect(answer.status, answer.text).toBe(201)
  return answer.json as Webhook
}
const patch = (id: string, body: unknown, tag = '*') =>
  api.call('PATCH', `/v1/webhooks/${id}`, { body, headers: { 'if-match': tag } })
const stored = async (id: string) =>
  (await api.models.webhooks.findById(id).lean().exec()) as WebhookDocument

describe('creating a webhook', () => {
  it('fills in the standard preset and shows the secret once', async () => {
    const answer = await api.call('POST', '/v1/webhooks', { body: hook })
    const webhook = answer.json as Webhook
    expect(answer.headers.get('location')).toBe(`/v1/webhooks/${webhook.id}`)
    expect(answer.headers.get('etag')).toBe('"1"')
    expect(webhook).toMatchObject({
      ...PRESETS.standard,
      target: { url, timeout: '15s' },
      state: 'active',
    })
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const again = await api.call('GET', `/v1/webhooks/${webhook.id}`)
    expect(again.text).not.toContain(webhook.secret)
    const list = await api.call('GET', '/v1/webhooks?limit=100')
    expect(list.text).not.toContain(webhook.secret)
  })

  it.each(PRESET_NAMES)(
    'sets the fields of the preset %s, and given fields win',
    async (preset) => {
      expect(await create({ preset })).toMatchObject(PRESETS[preset])
      const retry = { type: 'fixed', interval: '2s', retries: 1 }
      expect(await create({ preset, retry, rateLimit: null })).toMatchObject({
        retry,
        rateLimit: null,
        format: PRESETS[preset].format,
      })
    },
  )

  it('has no secret where it does not sign', async () => {
    expect(await create({ preset: 'admin-console' })).not.toHaveProperty('secret')
  })

  it('takes the names of the guide for the types on the wire', async () => {
    const events = ['CUSTOMER_TAG_ADDED', 'PROCESS_RUN_START', 'customer_tag_add', 'x.*']
    const webhook = await create({ events })
    expect(webhook['events']).toEqual(['customer_tag_add', 'process_run_start', 'x.*'])
  })

  it.each([
    ['a private address', { type: 'http', url: 'https://127.0.0.1/' }, 'addr_not_public'],
    ['no URL', { type: 'http', url: 'x' }, 'url_invalid'],
    ['a Slack URL of another host', { type: 'slack', url: 'https://example.com/s' }, 'slack_host'],
  ])('refuses %s at /target/url, also on update', async (_name, target, code) => {
    const refused = await api.call('POST', '/v1/webhooks', { body: { ...hook, target } })
    const { id } = await create()
    for (const answer of [refused, await patch(id, { target })]) {
      expect(answer.status).toBe(422)
      expect(answer.json).toMatchObject({ errors: [{ pointer: '/target/url', code }] })
    }
  })

  it('warns of a host that does not resolve now', async () => {
    const webhook = await create({ target: { type: 'http', url: 'https://soon.test/' } })
    expect(webhook['warnings']).toMatchObject([{ code: 'dns_no_address' }])
  })

  it('takes Slack at its own host and at those of the operator, and masks the URL', async () => {
    for (const host of ['hooks.slack.com', 'chat.example.com']) {
      const target = { type: 'slack', url: `https://${host}/services/T0/B0/abcdef123456` }
      const webhook = await create({ target })
      expect(webhook['target']).toMatchObject({ url: `https://${host}/…3456` })
      expect((await patch(webhook.id, { target: webhook['target'] })).status).toBe(200)
      expect((await stored(webhook.id)).target.url).toBe(target.url)
    }
  })
})

describe('reading and changing a webhook', () => {
  it('answers 304 to the ETag that one has', async () => {
    const { id } = await create()
    const headers = { 'if-none-match': '"1"' }
    const unchanged = await api.call('GET', `/v1/webhooks/${id}`, { headers })
    expect([unchanged.status, unchanged.text]).toEqual([304, ''])
    await patch(id, { name: 'y' })
    expect((await api.call('GET', `/v1/webhooks/${id}`, { headers })).status).toBe(200)
  })

  it('needs If-Match, and refuses a stale one', async () => {
    const { id } = await create()
    const missing = await api.call('PATCH', `/v1/webhooks/${id}`, { body: { name: 'y' } })
    expect([missing.status, missing.json]).toMatchObject([428, { code: 'if_match_missing' }])
    const changed = await patch(id, { name: 'y' }, '"1"')
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"'])
    expect(await patch(id, { name: 'z' }, '"1"')).toMatchObject({ status: 412 })
    expect((await api.call('DELETE', `/v1/webhooks/${id}`)).status).toBe(428)
  })

  it('lets one of two changes at once win', async () => {
    const { id } = await create()
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => patch(id, { name }, '"1"')))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 412, 412])
  })

  it('merges a patch: objects by field, null is the default, another type replaces', async () => {
    const { id } = await create({ description: 'd', rateLimit: { limit: 5, per: '1s' } })
    const changed = await patch(id, {
      description: null,
      rateLimit: { limit: 7 },
      target: { timeout: '3s' },
      retry: { type: 'fixed', interval: '1s', retries: 3 },
    })
    expect(changed.json).toMatchObject({
      rateLimit: { limit: 7, per: '1s' },
      target: { url, timeout: '3s' },
      retry: { type: 'fixed', interval: '1s', retries: 3 },
    })
    expect(changed.json).not.toHaveProperty('description')
    expect(await stored(id)).not.toHaveProperty('description')
    expect((await patch(id, { rateLimit: null })).json).toMatchObject({ rateLimit: null })
    const wrong = await patch(id, { version: 9 })
    expect([wrong.status, wrong.json]).toMatchObject([422, { errors: [{ pointer: '/version' }] }])
  })

  it('masks stored values, and a patch with the mask keeps them', async () => {
    const target = {
      ...hook.target,
      headers: { 'X-Token': 'header-secret-9876' },
      apiKey: { header: 'X-API-Key', value: 'canary-key-7731' },
    }
    const webhook = await create({ preset: 'admin-console', target })
    const masked = {
      headers: { 'X-Token': '…9876' },
      apiKey: { header: 'X-API-Key', value: '…7731' },
    }
    expect(webhook['target']).toMatchObject(masked)
    const kept = await patch(webhook.id, { name: 'y', target: masked })
    expect(kept.status).toBe(200)
    expect((await stored(webhook.id)).target).toMatchObject(target)
    await patch(webhook.id, { target: { apiKey: { value: 'another-key-0001' } } })
    expect((await stored(webhook.id)).target).toMatchObject({
      headers: target.headers,
      apiKey: { value: 'another-key-0001' },
    })
    const audit = await api.call('GET', `/v1/audit?resource=${webhook.id}`)
    expect(audit.text).not.toMatch(/canary-key|header-secret|another-key/)
  })

  it('pauses and resumes', async () => {
    const { id } = await create()
    const paused = await api.call('POST', `/v1/webhooks/${id}/pause`, { key: api.keys.operator })
    expect(paused.json).toMatchObject({
      state: 'paused',
      stateReason: { code: 'paused' },
      version: 2,
    })
    const again = await api.call('POST', `/v1/webhooks/${id}/pause`)
    expect(again.json).toMatchObject({ version: 2 })
    const resumed = await api.call('POST', `/v1/webhooks/${id}/resume`)
    expect(resumed.json).toMatchObject({ state: 'active', version: 3 })
    expect(resumed.json).not.toHaveProperty('stateReason')
    expect((await patch(id, { state: 'paused' })).json).toMatchObject({ state: 'paused' })
  })

  it('is gone once deleted, but kept as a tombstone', async () => {
    const { id } = await create()
    const headers = { 'if-match': '"1"' }
    expect((await api.call('DELETE', `/v1/webhooks/${id}`, { headers })).status).toBe(204)
    expect((await api.call('GET', `/v1/webhooks/${id}`)).status).toBe(404)
    expect((await api.call('DELETE', `/v1/webhooks/${id}`, { headers })).status).toBe(404)
    expect(await stored(id)).toMatchObject({ version: 2, deletedAt: expect.any(Date) as Date })
  })
})

describe('the secret of a webhook', () => {
  type Secrets = { secret: string; secrets: { value: string; expiresAt?: string }[] }
  const rotate = (id: string, body?: object) =>
    api.call('POST', `/v1/webhooks/${id}/secret/rotate`, body ? { body } : {})

  it('is revealed to admins, who are on record', async () => {
    const { id, secret } = await create()
    const path = `/v1/webhooks/${id}/secret`
    expect((await api.call('GET', path, { key: api.keys.operator })).status).toBe(403)
    const revealed = await api.call('GET', path)
    expect(revealed.json).toMatchObject({ secret, secrets: [{ value: secret }] })
    const audit = await api.call('GET', `/v1/audit?resource=${id}&action=webhook.secret_revealed`)
    expect((audit.json as { data: unknown[] }).data).toHaveLength(1)
    expect(audit.text).not.toContain(secret)
  })

  it('is a private key where the signature is asymmetric; its public key is shown beside it', async () => {
    const signature = { scheme: 'standard-webhooks', asymmetric: true }
    const { id, secret } = await create({ signature })
    expect(secret).toMatch(/^whsk_[A-Za-z0-9+/]{43}=$/)
    const { json } = await api.call('GET', `/v1/webhooks/${id}/secret`)
    const publicKey = expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/) as string
    expect(json).toMatchObject({ secret, secrets: [{ value: secret, publicKey }] })
    const turned = await api.call('POST', `/v1/webhooks/${id}/secret/rotate`)
    expect(turned.json).toMatchObject({ secrets: [{ publicKey }, { value: secret, publicKey }] })
    const back = await patch(id, { signature: { scheme: 'standard-webhooks', asymmetric: null } })
    expect(back.json).toMatchObject({ secret: expect.stringMatching(/^whsec_/) as string })
  })

  it('is rotated: both sign until the overlap is over', async () => {
    const { id, secret } = await create()
    const before = Date.now()
    const rotated = (await rotate(id)).json as Secrets
    expect(rotated.secret).not.toBe(secret)
    expect(rotated.secrets.map(({ value }) => value)).toEqual([rotated.secret, secret])
    const hours = (Date.parse(rotated.secrets[1]?.expiresAt ?? '') - before) / 3_600_000
    expect(hours).toBeCloseTo(24, 1)
    const own = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const now = (await rotate(id, { secret: own, overlap: '0s' })).json as Secrets
    expect(now).toMatchObject({ secret: own, secrets: [{ value: own }] })
    expect(now.secrets).toHaveLength(1)
  })

  it('cannot be rotated where nothing is signed', async () => {
    const { id } = await create({ preset: 'admin-console' })
    expect(await rotate(id)).toMatchObject({ status: 409 })
    const signing = await patch(id, { signature: { scheme: 'standard-webhooks' } })
    expect((signing.json as Webhook).secret).toMatch(/^whsec_/)
  })

  it('is made anew where the stored one cannot serve another scheme', async () => {
    const { id, secret } = await create({ preset: 'compliancely' })
    const changed = await patch(id, { signature: { scheme: 'standard-webhooks' } })
    expect((changed.json as Webhook).secret).toMatch(/^whsec_/)
    const { secrets } = await stored(id)
    expect(secrets.map(({ value }) => value)).not.toContain(secret)
  })
})

describe('the audit', () => {
  it('has who changed what, before and after', async () => {
    const { id } = await create()
    await patch(id, { name: 'renamed' })
    const { json } = await api.call('GET', `/v1/audit?resource=${id}`)
    const [changed, created] = (json as { data: Record<string, unknown>[] }).data
    const key = api.keys.admin.split('_').slice(0, 2).join('_')
    expect(changed).toMatchObject({
      action: 'webhook.changed',
      key,
      before: { name: 'x' },
      after: { name: 'renamed', version: 2 },
    })
    expect(created).toMatchObject({ action: 'webhook.created', after: { id } })
  })
})

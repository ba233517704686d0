import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { newFirstRunToken, sha256 } from '../../../src/ids.ts'
import { storeFirstRunToken } from '../../../src/models/access/first-run-token.ts'
import { addKey, type Api, startApi } from '../support.ts'

let api: Api
beforeEach(async () => {
  api = await startApi()
})
afterEach(() => api.stop())

async function logIn(key: string, headers: Record<string, string> = {}) {
  const { json, ...answer } = await api.call('POST', '/session', {
    key: null,
    body: { key },
    headers,
  })
  const setCookie = answer.headers.get('set-cookie') ?? ''
  const { csrf = '' } = json as { csrf?: string }
  return { ...answer, json, setCookie, cookie: setCookie.split(';')[0] ?? '', csrf }
}

const webhook = { name: 'n', events: ['*'], target: { type: 'http', url: 'https://a.test/' } }

describe('a console session', () => {
  it('is a cookie that scripts cannot read; only its hash is stored, until its end', async () => {
    const { status, setCookie, cookie, json } = await logIn(api.keys.operator)
    expect(status).toBe(201)
    expect(setCookie).toMatch(
      /^herald_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    )
    expect(json).toMatchObject({ role: 'operator', tenant: null })
    const [session] = await api.models.sessions.find().lean().exec()
    const token = cookie.split('=')[1] ?? ''
    expect(session?._id).toBe(sha256(token))
    expect(JSON.stringify(session)).not.toContain(token)
    expect(session?.expiresAt.getTime()).toBeGreaterThan(Date.now())
  })

  it('is Secure and bound to the host where PUBLIC_URL is https', async () => {
    await api.stop()
    api = await startApi({ env: { PUBLIC_URL: 'https://herald.example.com' } })
    const { setCookie } = await logIn(api.keys.admin)
    expect(setCookie).toMatch(/^__Host-herald_session=.*; Path=\/;.*; Secure$/)
    expect(setCookie).not.toContain('Domain')
  })

  it('reads and changes with the role and tenant of its key', async () => {
    const { cookie, csrf } = await logIn(await addKey(api.models, 'admin', { tenant: 'acme' }))
    const headers = { cookie, 'herald-csrf': csrf }
    const made = await api.call('POST', '/v1/webhooks', { key: null, headers, body: webhook })
    expect([made.status, made.json]).toMatchObject([201, { tenant: 'acme' }])
    const viewer = await logIn(api.keys.viewer)
    const read = { key: null, headers: { cookie: viewer.cookie } }
    expect((await api.call('GET', '/v1/webhooks', read)).status).toBe(200)
    const write = { ...read, body: webhook }
    write.headers = { ...read.headers, 'herald-csrf': viewer.csrf } as never
    expect((await api.call('POST', '/v1/webhooks', write)).status).toBe(403)
    const who = await api.call('GET', '/session', read)
    expect(who.json).toMatchObject({ role: 'viewer', csrf: viewer.csrf })
  })

  it('changes nothing without its CSRF token, nor for a page of another site', async () => {
    const { cookie, csrf } = await logIn(api.keys.admin)
    const other = await logIn(api.keys.admin)
    for (const headers of [
      {},
      { 'herald-csrf': 'wrong' },
      { 'herald-csrf': other.csrf },
      { 'herald-csrf': csrf, origin: 'https://evil.example' },
      { 'herald-csrf': csrf, 'sec-fetch-site': 'cross-site' },
    ]) {
      const sent = { key: null, headers: { cookie, ...headers } as never, body: webhook }
      const { status, json } = await api.call('POST', '/v1/webhooks', sent)
      expect([status, json]).toMatchObject([403, { code: 'csrf_refused' }])
    }
    const own = { cookie, 'herald-csrf': csrf, origin: api.url, 'sec-fetch-site': 'same-origin' }
    const made = await api.call('POST', '/v1/webhooks', { key: null, headers: own, body: webhook })
    expect(made.status).toBe(201)
    expect((await logIn(api.keys.admin, { origin: 'https://evil.example' })).status).toBe(403)
  })

  it('ends with the log-out, with its time, and with its key', async () => {
    const get = async (cookie: string) =>
      (await api.call('GET', '/session', { key: null, headers: { cookie } })).status
    const first = await logIn(api.keys.viewer)
    const headers = { cookie: first.cookie, 'herald-csrf': first.csrf }
    const out = await api.call('DELETE', '/session', { key: null, headers })
    expect([out.status, out.headers.get('set-cookie')]).toMatchObject([
      204,
      expect.stringContaining('Max-Age=0'),
    ])
    expect(await get(first.cookie)).toBe(401)
    const second = await logIn(api.keys.viewer)
    expect(await get(second.cookie)).toBe(200)
    const id = `hk_${api.keys.viewer.split('_')[1]}`
    await api.call('DELETE', `/v1/api-keys/${id}`)
    api.clock.offsetMs += 3_001
    expect(await get(second.cookie)).toBe(401)
    const third = await logIn(api.keys.admin)
    api.clock.offsetMs += 12 * 3_600_000
    expect(await get(third.cookie)).toBe(401)
  })

  it('is not begun by a key that is unknown, dead or only sends events', async () => {
    const dead = await addKey(api.models, 'admin', { expiresAt: new Date(0) })
    for (const key of ['', 'hk_x', `hk_aaaaaaaaaaaa_${'a'.repeat(43)}`, dead])
      expect((await logIn(key)).status).toBe(401)
    expect((await logIn(api.keys.ingest)).status).toBe(403)
  })

  const wrongOf = (key: string) => `${key.slice(0, -1)}${key.endsWith('A') ? 'Q' : 'A'}`
  const elevenFail = [...Array.from({ length: 10 }, () => 401), 429]

  it('is begun by a right key, however many wrong ones its address has sent', async () => {
    for (let i = 0; i < 15; i++) expect((await logIn(api.keys.admin)).status).toBe(201)
    const wrong = [wrongOf(api.keys.viewer), `hk_aaaaaaaaaaaa_${'a'.repeat(43)}`, 'hk_x']
    const statuses: number[] = []
    for (let i = 0; i < 30; i++) statuses.push((await logIn(wrong[i % 3] ?? '')).status)
    expect(statuses.slice(0, 11)).toEqual(elevenFail)
    expect(new Set(statuses.slice(10))).toEqual(new Set([429]))
    const refused = await logIn(wrong[0] ?? '')
    expect([refused.status, refused.json]).toMatchObject([429, { code: 'rate_limited' }])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    for (const key of [api.keys.viewer, api.keys.admin]) expect((await logIn(key)).status).toBe(201)
    api.clock.offsetMs += 7_000
    expect((await logIn(wrong[0] ?? '')).status).toBe(401)
  })

  it('counts failures of each client of a trusted proxy for itself, and believes nobody else', async () => {
    const fail = async (forwarded: string) =>
      (await logIn('hk_x', { 'x-forwarded-for': forwarded })).status
    const statuses: number[] = []
    for (let i = 0; i < 11; i++) statuses.push(await fail(`203.0.113.${i}`))
    expect(statuses).toEqual(elevenFail)
    await api.stop()
    api = await startApi({ env: { TRUSTED_PROXIES: '127.0.0.0/8' } })
    for (let i = 0; i < 11; i++) expect(await fail(`203.0.113.${i}`)).toBe(401)
    const one: number[] = []
    for (let i = 0; i < 10; i++) one.push(await fail(`198.51.100.${i}, 203.0.113.0, 127.0.0.9`))
    expect(one.at(-1)).toBe(429)
    expect(await fail('203.0.113.99')).toBe(401)
    const headers = { 'x-forwarded-for': '203.0.113.0' }
    expect((await logIn(api.keys.viewer, headers)).status).toBe(201)
  })

  it('is on record, without its value', async () => {
    const { cookie } = await logIn(api.keys.admin)
    const audit = await api.call('GET', '/v1/audit?action=session.begun')
    expect((audit.json as { data: unknown[] }).data).toHaveLength(1)
    expect(audit.text).not.toContain(cookie.split('=')[1])
  })
})

describe('a first-run token', () => {
  const tokenLogIn = (token: string) => api.call('POST', '/session', { key: null, body: { token } })
  /** As the set-up leaves a herald that nobody has a key of. */
  async function firstRun(): Promise<string> {
    await api.models.apiKeys.deleteMany({ role: 'admin' })
    const token = newFirstRunToken()
    await storeFirstRunToken(api.models, token, new Date(api.deps.now()))
    return token
  }
  const refused = [401, { code: 'unauthenticated' }]

  it('makes an admin key, shown in this answer alone, and a session of it', async () => {
    const answer = await tokenLogIn(await firstRun())
    const { key, value, csrf } = answer.json as { key: string; value: string; csrf: string }
    expect([answer.status, answer.json]).toMatchObject([201, { role: 'admin', tenant: null }])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(value).toMatch(new RegExp(`^${key}_[\\w-]{43}$`))
    expect((await api.call('GET', '/v1/api-keys', { key: value })).text).not.toContain(value)
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
    const who = await api.call('GET', '/session', { key: null, headers: { cookie } })
    expect(who.json).toEqual({ key, role: 'admin', tenant: null, csrf })
    const headers = { cookie, 'herald-csrf': csrf }
    const made = await api.call('POST', '/v1/webhooks', { key: null, headers, body: webhook })
    expect(made.status).toBe(201)
  })

  it('logs in once, also where many try at the same time', async () => {
    const token = await firstRun()
    const answers = await Promise.all(Array.from({ length: 8 }, () => tokenLogIn(token)))
    const statuses = answers.map(({ status }) => String(status))
    expect(statuses.toSorted()).toEqual(['201', ...Array.from({ length: 7 }, () => '401')])
    const loser = answers.find(({ status }) => status === 401)
    expect([loser?.status, loser?.json]).toMatchObject(refused)
    expect(loser?.text).toContain('herald setup')
    expect(await api.models.apiKeys.countDocuments({ role: 'admin' })).toBe(1)
    expect(await api.models.sessions.countDocuments()).toBe(1)
  })

  it('is refused after an hour, and when a newer one has taken its place', async () => {
    const old = await firstRun()
    const token = await firstRun()
    expect((await tokenLogIn(old)).status).toBe(401)
    api.clock.offsetMs += 3_600_000
    const late = await tokenLogIn(token)
    expect([late.status, late.json]).toMatchObject(refused)
    expect(await api.models.apiKeys.countDocuments({ role: 'admin' })).toBe(0)
  })

  it('is void once there is a live admin key, also after that key is gone', async () => {
    const token = await firstRun()
    const dead = { expiresAt: new Date(0) }
    await addKey(api.models, 'admin', dead)
    await addKey(api.models, 'admin', { revokedAt: new Date() })
    expect((await tokenLogIn(token)).status).toBe(201)
    const other = newFirstRunToken()
    await storeFirstRunToken(api.models, other, new Date())
    const refusal = await tokenLogIn(other)
    expect([refusal.status, refusal.json]).toMatchObject(refused)
    await api.models.apiKeys.deleteMany({ role: 'admin' })
    expect((await tokenLogIn(other)).status).toBe(401)
  })

  it('is void when a set-up made it while another one was used', async () => {
    const { apiKeys } = api.models
    const token = await firstRun()
    const meanwhile = newFirstRunToken()
    const create = apiKeys.create.bind(apiKeys) as (key: unknown) => Promise<unknown>
    apiKeys.create = (async (key: unknown) => {
      await storeFirstRunToken(api.models, meanwhile, new Date())
      return create(key)
    }) as never
    expect((await tokenLogIn(token)).status).toBe(201)
    expect(await api.models.firstRunTokens.countDocuments()).toBe(0)
  })

  it('shows the key that it made also where MongoDB is away right after', async () => {
    const token = await firstRun()
    vi.spyOn(api.models.firstRunTokens, 'deleteOne').mockImplementation(() => {
      return Promise.reject(new Error('away')) as never
    })
    expect((await tokenLogIn(token)).json).toMatchObject({ value: expect.any(String) })
  })

  it('is stored as its hash, and leaves no key behind where the login failed', async () => {
    const token = await firstRun()
    const [stored] = await api.models.firstRunTokens.find().lean().exec()
    expect([stored?.hash, JSON.stringify(stored).includes(token)]).toEqual([sha256(token), false])
    vi.spyOn(api.models.audit, 'create').mockRejectedValue(new Error('away'))
    expect((await tokenLogIn(token)).status).toBe(500)
    expect(await api.models.apiKeys.countDocuments({ role: 'admin' })).toBe(0)
  })

  it('is slowed down by failures like a key', async () => {
    const token = await firstRun()
    const wrong = [newFirstRunToken(), '', 'hf_x', api.keys.viewer]
    const statuses: number[] = []
    for (let i = 0; i < 12; i++) statuses.push((await tokenLogIn(wrong[i % 4] ?? '')).status)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
    expect((await logIn('hk_x')).status).toBe(429)
    expect((await tokenLogIn(token)).status).toBe(201)
    expect((await logIn(api.keys.viewer)).status).toBe(201)
  })

  it('is on record: the key that it made, and the session', async () => {
    const token = await firstRun()
    const { key, value } = (await tokenLogIn(token)).json as { key: string; value: string }
    const audit = await api.call('GET', '/v1/audit', { key: value })
    const { data } = audit.json as { data: object[] }
    expect(data).toHaveLength(2)
    expect(data).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ action: 'session.begun', key, resource: key }),
        expect.objectContaining({
          action: 'api_key.created',
          key,
          after: expect.objectContaining({ id: key, name: expect.stringContaining('first-run') }),
        }),
      ]),
    )
    for (const secret of [token, value, sha256(token)]) expect(audit.text).not.toContain(secret)
  })

  it('is no use to a page of another site, nor beside a key', async () => {
    const token = await firstRun()
    const headers = { origin: 'https://evil.example' }
    const foreign = await api.call('POST', '/session', { key: null, headers, body: { token } })
    expect(foreign.status).toBe(403)
    for (const body of [{}, { token, key: api.keys.viewer }]) {
      const { status, json } = await api.call('POST', '/session', { key: null, body })
      expect([status, json]).toMatchObject([
        422,
        { detail: 'The body: needs `key` or `token`, one of them' },
      ])
    }
    expect((await tokenLogIn(token)).status).toBe(201)
  })
})

describe('an answer of the console', () => {
  it('lets a browser run nothing inline or from elsewhere, and frame nothing', async () => {
    for (const path of ['/', '/session', '/v1/webhooks', '/nothing', '/docs/nothing']) {
      const { headers } = await api.call('GET', path)
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none';object-src 'none'",
      )
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
    }
  })
})

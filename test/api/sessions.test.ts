import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/ids.ts'
import { addKey, type Api, startApi } from './support.ts'

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

  it('is slowed down by failures of its address or key, not by successes', async () => {
    for (let i = 0; i < 15; i++) expect((await logIn(api.keys.admin)).status).toBe(201)
    const wrong = `${api.keys.viewer.slice(0, -1)}${api.keys.viewer.endsWith('A') ? 'Q' : 'A'}`
    const statuses: number[] = []
    for (let i = 0; i < 12; i++) statuses.push((await logIn(wrong)).status)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
    const refused = await logIn(api.keys.viewer)
    expect([refused.status, refused.json]).toMatchObject([429, { code: 'rate_limited' }])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    api.clock.offsetMs += 7_000
    expect((await logIn(api.keys.viewer)).status).toBe(201)
  })

  it('is on record, without its value', async () => {
    const { cookie } = await logIn(api.keys.admin)
    const audit = await api.call('GET', '/v1/audit?action=session.begun')
    expect((audit.json as { data: unknown[] }).data).toHaveLength(1)
    expect(audit.text).not.toContain(cookie.split('=')[1])
  })
})

describe('an answer of the console', () => {
  it('lets a browser run nothing inline or from elsewhere, and frame nothing', async () => {
    for (const path of ['/', '/session', '/v1/webhooks', '/nothing']) {
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

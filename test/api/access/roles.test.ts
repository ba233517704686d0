import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allows } from '../../../src/api/access/auth.ts'
import type { Route } from '../../../src/api/http/route.ts'
import { ROUTES } from '../../../src/api/routes.ts'
import { type Role, ROLES } from '../../../src/models/access/api-key.ts'
import { addDelivery, addKey, type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const withBody = ['post', 'put', 'patch']
const send = (route: Route, path: string, key: string | null, body: unknown = {}) =>
  api.call(route.method.toUpperCase(), path, {
    key,
    headers: { 'if-match': '*' },
    ...(withBody.includes(route.method) && { body }),
  })
const title = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`
const keyed = ROUTES.flatMap((route) =>
  route.role === null ? [] : [{ title: title(route), route, role: route.role }],
)
const open = ROUTES.filter(({ role }) => role === null).map((route) => ({
  title: title(route),
  route,
}))

describe('a role', () => {
  it.each(keyed)('opens $title to those that include it, to no other', async ({ route, role }) => {
    const path = route.path.replace(/\{\w+\}/, 'nothing')
    for (const one of ROLES) {
      const { status, json } = await send(route, path, api.keys[one])
      if (allows(one, role)) expect([401, 403], one).not.toContain(status)
      else expect([status, json], one).toMatchObject([403, { code: 'role_missing' }])
    }
  })

  it.each(keyed)('closes $title to no key, an expired and a revoked one', async ({ route }) => {
    const path = route.path.replace(/\{\w+\}/, 'nothing')
    const past = new Date(Date.now() - 1_000)
    const dead = [
      null,
      'hk_nonsense',
      `hk_aaaaaaaaaaaa_${'a'.repeat(43)}`,
      await addKey(api.models, 'admin', { expiresAt: past }),
      await addKey(api.models, 'admin', { revokedAt: past }),
    ]
    for (const key of dead) expect((await send(route, path, key)).status).toBe(401)
  })

  it.each(open)('is not needed for $title, whatever key is sent', async ({ route }) => {
    const answers = [null, 'hk_nonsense', api.keys.ingest].map((key) =>
      send(route, route.path, key),
    )
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(new Set(statuses).size).toBe(1)
    expect(statuses).not.toContain(403)
  })

  it('is one of four, and admin includes them all', () => {
    const included = (role: Role) => ROLES.filter((one) => allows(role, one))
    expect(ROLES.map(included)).toEqual([
      ['ingest'],
      ['viewer'],
      ['viewer', 'operator'],
      [...ROLES],
    ])
  })
})

describe("another tenant's id", () => {
  const named = ROUTES.filter(({ path }) => path.includes('{'))
  const bodies: Record<string, unknown> = {
    'PUT /v1/event-types/{name}': { status: 'available', schema: {} },
  }
  let ids: Record<string, string>
  beforeAll(async () => {
    const acme = await addKey(api.models, 'admin', { tenant: 'acme' })
    const made = await api.call('POST', '/v1/webhooks', {
      key: acme,
      body: { name: 'n', events: ['*'], target: { type: 'http', url: 'https://a.test/' } },
    })
    const { id } = made.json as { id: string }
    await api.call('PUT', '/v1/event-types/acme.made', {
      key: acme,
      body: { status: 'available', schema: {} },
    })
    await addDelivery(api.models, { _id: 'dlv_acme', tenant: 'acme', webhook: id })
    await api.call('POST', '/v1/events', { key: acme, body: { id: 'e', type: 'a.b', data: 1 } })
    const replay = await api.call('POST', '/v1/replays', { key: acme, body: { filter: {} } })
    await addDelivery(api.models, {
      _id: 'dlv_acme_failed',
      tenant: 'acme',
      webhook: id,
      state: 'failed',
      createdAt: new Date(),
      lastAttempt: { number: 1, at: new Date(), outcome: 'failed', code: 'timeout' },
    })
    const problems = await api.call('GET', '/v1/problems', { key: acme })
    ids = {
      '/v1/problems/': (problems.json as { data: { id: string }[] }).data[0]?.id ?? '',
      '/v1/replays/': (replay.json as { id: string }).id,
      '/v1/webhooks/': id,
      '/v1/deliveries/': 'dlv_acme',
      '/v1/events/': 'e',
      '/v1/event-types/': 'acme.made',
      '/v1/api-keys/': `hk_${acme.split('_')[1]}`,
    }
  })

  it.each(named.map((route) => ({ title: title(route), route })))(
    'is 404 for $title',
    async ({ title: name, route }) => {
      const [prefix = ''] = route.path.split('{')
      const id = ids[prefix]
      if (id === undefined) throw new Error(`the test has no real id for ${prefix}`)
      const stranger = await addKey(api.models, 'admin', { tenant: 'stranger' })
      const path = route.path.replace(/\{\w+\}/, id)
      const { status, json } = await send(route, path, stranger, bodies[name])
      if (name === 'PUT /v1/event-types/{name}') return expect(status).toBe(412) // names are each tenant's own: nothing is there to replace
      expect([status, json]).toMatchObject([404, { code: 'not_found' }])
      const unknown = route.path.replace(/\{\w+\}/, 'dlv_none')
      const other = await send(route, unknown, stranger, bodies[name])
      expect(other.status, 'as for an id that nobody has').toBe(404)
    },
  )

  it('is not to be had with a foreign Herald-Tenant either', async () => {
    const stranger = await addKey(api.models, 'admin', { tenant: 'stranger' })
    const headers = { 'herald-tenant': 'acme' }
    const { status, json } = await api.call('GET', '/v1/webhooks', { key: stranger, headers })
    expect([status, json]).toMatchObject([403, { code: 'tenant_forbidden' }])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configSchema } from '../../../src/config.ts'
import { type Api, startApi } from '../support.ts'

const ORIGIN = 'https://app.example.com'
let open: Api
let closed: Api
beforeAll(async () => {
  open = await startApi({ env: { CORS_ORIGINS: ORIGIN } })
  closed = await startApi()
})
afterAll(() => Promise.all([open.stop(), closed.stop()]))

const preflight = (api: Api, path: string, origin = ORIGIN) =>
  fetch(`${api.url}${path}`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  })

describe('a web page of an origin in CORS_ORIGINS', () => {
  it.each(['/v1/events', '/v1/webhooks', '/v1/webhooks/wh_1'])(
    'may ask for %s what it may send',
    async (path) => {
      const { status, headers } = await preflight(open, path)
      expect(status).toBe(204)
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(headers.get('access-control-allow-methods')).toContain('PATCH')
      expect(headers.get('access-control-allow-headers')).toContain('idempotency-key')
      expect(headers.get('access-control-allow-credentials')).toBeNull()
      expect(headers.get('vary')).toContain('Origin')
    },
  )

  it('reads answers and problems with their headers', async () => {
    for (const path of ['/v1/webhooks', '/v1/no-such', '/v1/openapi.json']) {
      const { headers } = await fetch(`${open.url}${path}`, { headers: { origin: ORIGIN } })
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(headers.get('access-control-expose-headers')).toContain('Retry-After')
    }
    const event = { method: 'POST', headers: { origin: ORIGIN }, body: '{}' }
    const { status, headers } = await fetch(`${open.url}/v1/events`, event)
    expect(status).toBe(401)
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
  })

  it('gets none of that from the console, the docs, or where no origin is configured', async () => {
    for (const [api, path] of [
      [open, '/docs'],
      [open, '/session'],
      [closed, '/v1/webhooks'],
    ] as const) {
      const { headers } = await fetch(`${api.url}${path}`, { headers: { origin: ORIGIN } })
      expect(headers.get('access-control-allow-origin'), path).toBeNull()
    }
    expect((await preflight(closed, '/v1/events')).headers.get('allow')).toContain('POST')
  })
})

it('a web page of another origin is told nothing', async () => {
  for (const origin of ['https://evil.example.com', `${ORIGIN}.evil.com`, 'null']) {
    const { headers } = await preflight(open, '/v1/events', origin)
    expect(headers.get('access-control-allow-origin')).toBeNull()
  }
})

it('OPTIONS without an origin still tells the methods of a path', async () => {
  const { status, headers } = await fetch(`${open.url}/v1/webhooks`, { method: 'OPTIONS' })
  expect(status).toBe(204)
  expect(headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST'])
})

it.each(['app.example.com', 'https://app.example.com/', 'https://a.example.com/path', '*'])(
  'CORS_ORIGINS with %s is told to be no origin',
  (CORS_ORIGINS) => {
    const { error } = configSchema.safeParse({ CORS_ORIGINS })
    expect(error?.issues[0]?.message).toContain('https://app.example.com')
  },
)

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkedFetch } from './openapi.ts'

const answers: Record<string, { status: number; type: string; body: string }> = {
  '/livez': { status: 200, type: 'application/json', body: '{"status":"ok"}' },
  '/readyz': { status: 418, type: 'application/json', body: '{}' },
  '/': { status: 200, type: 'text/html', body: '<p>' },
  '/v1/stats': { status: 200, type: 'application/json', body: '{"since":"now"}' },
  '/v1/nothing': { status: 200, type: 'application/json', body: '{}' },
}
const server = createServer((request, response) => {
  const { status, type, body } = answers[request.url ?? ''] ?? answers['/livez']!
  const extra = request.url === '/livez?extra' ? '{"status":"ok","extra":1}' : body
  response.writeHead(status, { 'content-type': type, 'x-request-id': 'r' }).end(extra)
})
let url: string
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe('checkedFetch', () => {
  it('passes an answer that is documented', async () => {
    expect(await checkedFetch(`${url}/livez`)).toMatchObject({
      status: 200,
      json: { status: 'ok' },
    })
  })

  it.each([
    ['/readyz', 'this status is not documented'],
    ['/', 'text/html, documented: application/json'],
    ['/livez?extra', 'must NOT have additional properties'],
    ['/v1/stats', "must have required property 'deliveries'"],
    ['/v1/nothing', 'not in the document'],
  ])('refuses what the document does not say of %s', async (path, why) => {
    await expect(checkedFetch(url + path)).rejects.toThrow(why)
  })
})

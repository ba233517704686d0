import { afterAll, expect, it } from 'vitest'
import { startConnectProxy } from '../../outbound/connect/connect-proxy.ts'
import { type Herald, type Json, startHerald } from '../../support/herald.ts'
import { startReceiver } from '../../support/receiver.ts'

let herald: Herald
afterAll(() => herald.stop())

it('a failure of the egress proxy takes nothing of the receiver’s schedule', async () => {
  const proxy = await startConnectProxy((socket) => socket.end('HTTP/1.1 500 Oops\r\n\r\n'))
  herald = await startHerald('egress', { EGRESS_PROXY_URL: proxy.url })
  const receiver = await startReceiver()
  const webhook = await herald.webhook({
    target: { type: 'http', url: receiver.url },
    retry: { type: 'fixed', interval: '1s', retries: 0 },
  })
  await herald.event({ type: 'a' })
  const retrying = await herald.reached(webhook.id, 'retrying')
  expect((retrying['attempts'] as Json[])[0]).toMatchObject({
    outcome: 'failed',
    code: 'proxy_error',
  })
  const waitMs = Date.parse(String(retrying['nextAttemptAt'])) - Date.now()
  expect(waitMs).toBeGreaterThan(20_000)
  expect(receiver.hits).toHaveLength(0)
  await Promise.all([proxy.close(), receiver.close()])
})

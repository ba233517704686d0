import { afterAll, beforeAll, expect, it } from 'vitest'
import { heraldProcess, type HeraldProcess } from '../support/servers/process.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

type Line = Record<string, unknown> & { level: number; msg: string }
const WARN = 40

let herald: HeraldProcess
let receiver: Receiver
beforeAll(async () => {
  herald = await heraldProcess('log', { LOG_LEVEL: 'info' })
  receiver = await startReceiver((hit, n) => ({
    status: n === 1 || String(hit.headers['herald-event-type']) === 'log.lost' ? 503 : 200,
  }))
  await herald.start()
})
afterAll(async () => {
  await herald.stop()
  await receiver.close()
})

const lines = () =>
  herald
    .log()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))
const attemptsOf = (event: unknown) =>
  lines().filter((line) => line.msg === 'delivery.attempted' && line['event'] === event)

it('the log leads from the id of a request to its event and each attempt; what waits or is used up is no warning', async () => {
  const target = { type: 'http', url: receiver.url }
  const retry = { type: 'fixed', interval: '1s', retries: 1 }
  const kept = await herald.webhook({ events: ['log.kept'], target, retry })
  const lost = await herald.webhook({ events: ['log.lost'], target, retry })
  const id = { 'x-request-id': 'req-of-this-test' }
  await herald.call('POST', '/v1/events', { type: 'log.kept', data: {} }, id)
  await herald.reached(kept.id, 'delivered')
  await herald.event({ type: 'log.lost' })
  await herald.reached(lost.id, 'failed')

  const served = await until(
    async () => lines().find((line) => line['requestId'] === id['x-request-id']),
    { seconds: 10, what: 'the line of the request' },
  )
  expect(served).toMatchObject({ msg: 'request.served', route: '/v1/events', status: 202 })
  const attempts = await until(
    async () => {
      const found = attemptsOf(served?.['event'])
      return found.length === 2 ? found : undefined
    },
    { seconds: 10, what: 'two lines of attempts' },
  )
  const common = { level: 30, webhook: kept.id, delivery: expect.any(String) }
  expect(attempts).toMatchObject([
    { ...common, attempt: 1, outcome: 'failed', state: 'retrying', status: 503 },
    { ...common, attempt: 2, outcome: 'delivered', state: 'delivered', status: 200 },
  ])
  for (const attempt of attempts) expect(attempt['totalMs']).toBeTypeOf('number')

  const started = lines().findIndex((line) => line.msg === 'herald.ready')
  const alarms = lines().slice(started)
  expect(alarms.filter(({ level }) => level >= WARN).map(({ msg }) => msg)).toEqual([])
})

it('the log has nothing of an id that a caller made up, which may be a key in the wrong place', async () => {
  const request = { 'x-request-id': 'req-made-up' }
  await herald.call('GET', '/v1/webhooks/hk_in_the_wrong_place', undefined, request)
  const served = await until(
    async () => lines().find((line) => line['requestId'] === request['x-request-id']),
    { seconds: 10, what: 'the line of the request' },
  )
  expect(served).toMatchObject({ route: '/v1/webhooks/{id}', status: 404 })
  expect(herald.log()).not.toContain('hk_in_the_wrong_place')
})

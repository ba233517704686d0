import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BadReceiver, type Mode, startBadReceiver } from '../support/bad-receiver.ts'
import { type HeraldProcess, heraldProcess } from '../support/process.ts'
import { until } from '../support/until.ts'

/** HERALD_TEST_LONG=1: the 50 of 100 receivers of the promise, and more events; else a fifth of it. */
const isLong = process.env['HERALD_TEST_LONG'] === '1'
const RECEIVERS = isLong ? 100 : 20
const EVENTS = isLong ? 3_000 : 200
const EVENTS_PER_SECOND = isLong ? 50 : 20
/** Below this, twice a baseline is less than what two cores that others use make of it. */
const FLOOR_MS = 300
const TARPITS: Mode[] = ['silence', 'half-open', 'slow headers', '103 flood', 'slow body']

let herald: HeraldProcess
const receivers: BadReceiver[] = []

beforeAll(async () => {
  herald = await heraldProcess('tarpit')
  await herald.start()
  for (let n = 0; n < RECEIVERS; n++) {
    const receiver = await startBadReceiver()
    receivers.push(receiver)
    await herald.webhook({
      events: [`to.${n}`],
      target: { type: 'http', url: receiver.url, timeout: isLong ? '15s' : '3s' },
      retry: { type: 'fixed', interval: '1s', retries: 2 },
    })
  }
})
afterAll(async () => {
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})

/** Even ones stay healthy. */
const isHealthy = (n: number) => n % 2 === 0

/** One event after another to each receiver in turn; the milliseconds from each post to its healthy receiver. */
async function healthyLatencies(count: number): Promise<number[]> {
  const seen = receivers.map(({ hits }) => hits.length)
  const posted = receivers.map((): number[] => [])
  const answers: Promise<unknown>[] = []
  const begunAt = Date.now()
  for (let n = 0; n < count; n++) {
    const to = n % RECEIVERS
    await sleep(Math.max(begunAt + (n * 1_000) / EVENTS_PER_SECOND - Date.now(), 0))
    posted[to]?.push(Date.now())
    answers.push(herald.event({ type: `to.${to}` }))
  }
  await Promise.all(answers)
  const arrived = (to: number) => receivers[to]?.hits.slice(seen[to]).map(({ at }) => at) ?? []
  const healthy = receivers.flatMap((_, n) => (isHealthy(n) ? [n] : []))
  await until(() => healthy.every((to) => arrived(to).length >= (posted[to]?.length ?? 0)), {
    what: 'every event at its healthy receiver',
    seconds: 60,
  })
  return healthy.flatMap((to) => {
    const times = arrived(to)
    return (posted[to] ?? []).map((at, n) => (times[n] ?? Infinity) - at)
  })
}

function percentile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? NaN
}

it('a start with private networks allowed warns of them', () => {
  expect(herald.log()).toContain('"outbound.private_networks_allowed"')
  expect(herald.log()).toContain('"127.0.0.0/8"')
})

describe('bad receivers', () => {
  it('that are half of all and never answer leave the other half its p99 within twice its baseline', async () => {
    await healthyLatencies(RECEIVERS * 2)
    const baseline = percentile(await healthyLatencies(EVENTS), 0.99)
    receivers.forEach((receiver, n) => {
      if (!isHealthy(n)) receiver.mode = TARPITS[n % TARPITS.length] ?? 'silence'
    })
    const beside = percentile(await healthyLatencies(EVENTS), 0.99)
    console.log(`p99 of healthy receivers: ${baseline} ms, beside tarpits ${beside} ms`)
    expect(beside).toBeLessThanOrEqual(2 * Math.max(baseline, FLOOR_MS))
  }, 300_000)
})

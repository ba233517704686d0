import { setTimeout as sleep } from 'node:timers/promises'
import {
  type BadReceiver,
  type Mode,
  startBadReceiver,
} from '../../test/support/strangers/bad-receiver.ts'
import { postFlow } from '../flow.ts'
import { type Figures, type Row, rowOf } from '../measure/figures.ts'
import { percentiles } from '../median.ts'
import { type Scenario, withStack } from '../run.ts'
import type { Stack } from '../stack.ts'

const RECEIVERS = 100
const EVENTS = 2_000
const EVENTS_PER_SECOND = 20
const TARPITS: Mode[] = ['silence', 'half-open', 'slow headers', '103 flood', 'slow body']

/** Even ones stay healthy. */
const isHealthy = (n: number) => n % 2 === 0

/**
 * Latency from the post to the healthy receivers, with the other half healthy as well and with that half never answering,
 * in turn: 50 of 100 receivers that hold every request for its whole 15 s should leave the others' p99 within twice.
 */
export const tarpit: Scenario = {
  says: '100 receivers at 20 events a second, all healthy, and with 50 of them that hold every request for its whole 15 s; from the post to the arrival at the healthy ones, p50, p95 and p99.',
  measure: (run) => withStack(run, (stack) => measureBeside(stack, run.rounds)),
}

async function measureBeside(stack: Stack, rounds: number): Promise<Row[]> {
  const receivers = await startReceivers(stack)
  await latencies(stack, receivers, RECEIVERS * 5)
  const measured: Figures[] = []
  for (let round = 0; round < rounds; round++) {
    setModes(receivers, () => 'ok')
    const alone = percentiles(await latencies(stack, receivers, EVENTS))
    setModes(receivers, (n) => TARPITS[((n - 1) / 2) % TARPITS.length] ?? 'silence')
    const beside = percentiles(await latencies(stack, receivers, EVENTS))
    const ratio = (beside[2] ?? Number.NaN) / (alone[2] ?? Number.NaN)
    measured.push({ 'alone ms': alone, 'beside tarpits ms': beside, '× p99 alone': ratio })
    setModes(receivers, () => 'ok')
    await sleep(20_000) // until what the tarpits hold has ended
  }
  await Promise.all(receivers.map((receiver) => receiver.close()))
  return [rowOf('50 of 100 receivers', measured)]
}

async function startReceivers(stack: Stack): Promise<BadReceiver[]> {
  const receivers: BadReceiver[] = []
  for (let n = 0; n < RECEIVERS; n++) {
    const receiver = await startBadReceiver()
    receivers.push(receiver)
    await stack.call('POST', '/v1/webhooks', {
      name: `receiver ${n}`,
      events: [`to.${n}`],
      target: { type: 'http', url: receiver.url },
      retry: { type: 'fixed', interval: '1s', retries: 1 },
    })
  }
  return receivers
}

function setModes(receivers: BadReceiver[], modeOf: (n: number) => Mode): void {
  for (const [n, receiver] of receivers.entries()) if (!isHealthy(n)) receiver.mode = modeOf(n)
}

/** One event after another, to each receiver in turn; milliseconds from each post to its healthy receiver. */
async function latencies(stack: Stack, receivers: BadReceiver[], count: number): Promise<number[]> {
  const seen = receivers.map(({ hits }) => hits.length)
  const posted = receivers.map((): number[] => [])
  const types = Array.from({ length: count }, (_, n) => `to.${n % RECEIVERS}`)
  const postedAt = await postFlow(stack, types, EVENTS_PER_SECOND)
  for (const [n, at] of postedAt.entries()) posted[n % RECEIVERS]?.push(at)
  const arrived = (to: number) => receivers[to]?.hits.slice(seen[to]).map(({ at }) => at) ?? []
  const healthy = receivers.flatMap((_, n) => (isHealthy(n) ? [n] : []))
  while (healthy.some((to) => arrived(to).length < (posted[to]?.length ?? 0))) await sleep(50)
  return healthy.flatMap((to) => {
    const times = arrived(to)
    return (posted[to] ?? []).map((at, n) => (times[n] ?? Infinity) - at)
  })
}

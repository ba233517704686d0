import { setTimeout as sleep } from 'node:timers/promises'
import {
  type BadReceiver,
  type Mode,
  startBadReceiver,
} from '../test/support/strangers/bad-receiver.ts'
import { postFlow } from './flow.ts'
import { percentile } from './median.ts'
import type { Stack } from './stack.ts'

const RECEIVERS = 100
const EVENTS = 2_000
const EVENTS_PER_SECOND = 20
const ROUNDS = 3
const TARPITS: Mode[] = ['silence', 'half-open', 'slow headers', '103 flood', 'slow body']

/** Even ones stay healthy. */
const isHealthy = (n: number) => n % 2 === 0

/**
 * Latency from the post to the healthy receivers, with the other half healthy as well and with that half never answering,
 * in turn: 50 of 100 receivers that hold every request for its whole 15 s should leave the others' p99 within twice.
 */
export async function benchTarpit(stack: Stack): Promise<void> {
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
  await latencies(stack, receivers, RECEIVERS * 5)
  console.log('| round | p50 | p99 | p50 beside tarpits | p99 beside tarpits | p99 ratio |')
  console.log('|---|---|---|---|---|---|')
  const all = { alone: [] as number[], beside: [] as number[] }
  for (let round = 1; round <= ROUNDS; round++) {
    setModes(receivers, () => 'ok')
    const alone = await latencies(stack, receivers, EVENTS)
    setModes(receivers, (n) => TARPITS[((n - 1) / 2) % TARPITS.length] ?? 'silence')
    const beside = await latencies(stack, receivers, EVENTS)
    all.alone.push(...alone)
    all.beside.push(...beside)
    printRow(String(round), alone, beside)
    setModes(receivers, () => 'ok')
    await sleep(20_000) // until what the tarpits hold has ended
  }
  printRow('all', all.alone, all.beside)
  await Promise.all(receivers.map((receiver) => receiver.close()))
}

function printRow(round: string, alone: number[], beside: number[]): void {
  const [before, after] = [percentile(alone, 0.99), percentile(beside, 0.99)]
  const cells = [percentile(alone, 0.5), before, percentile(beside, 0.5), after]
  console.log(`| ${round} | ${cells.join(' | ')} | ${(after / before).toFixed(2)} |`)
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

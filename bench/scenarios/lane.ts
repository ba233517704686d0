import { setTimeout as sleep } from 'node:timers/promises'
import { startReceiver } from '../test/support/receiver.ts'
import { median } from './median.ts'
import type { Cpu, Stack } from './stack.ts'

type Scenario = {
  name: string
  webhooks: number
  rateLimit: { limit: number; per: string } | null
  events: number
}
type Measured = { name: string; perSecond: number; cpu: Cpu }

const ROUNDS = 3
const FAST = { limit: 1_000, per: '1s' }

/** The first is what the others are compared with. */
const SCENARIOS: Scenario[] = [
  { name: 'unlimited, 1 webhook', webhooks: 1, rateLimit: null, events: 4_000 },
  { name: 'one lane, 1,000 per 1s', webhooks: 1, rateLimit: FAST, events: 4_000 },
  {
    name: 'one lane, 200 per 1s',
    webhooks: 1,
    rateLimit: { limit: 200, per: '1s' },
    events: 2_000,
  },
  { name: 'unlimited, 100 webhooks', webhooks: 100, rateLimit: null, events: 40 },
  { name: '100 lanes, 1,000 per 1s each', webhooks: 100, rateLimit: FAST, events: 40 },
]

/** Sends per second and CPU per send through lanes, against the same without a limit, interleaved in one run. */
export async function benchLane(stack: Stack): Promise<void> {
  const rounds: Measured[][] = []
  for (let round = 0; round < ROUNDS; round++) {
    const measured: Measured[] = []
    for (const [index, scenario] of SCENARIOS.entries())
      measured.push(await measure(stack, scenario, `bench.${round}.${index}`))
    rounds.push(measured)
  }
  print(rounds)
}

async function measure(stack: Stack, scenario: Scenario, type: string): Promise<Measured> {
  const receiver = await startReceiver()
  const { rateLimit } = scenario
  for (let i = 0; i < scenario.webhooks; i++)
    await stack.call('POST', '/v1/webhooks', {
      name: `${type} ${i}`,
      events: [type],
      target: { type: 'http', url: receiver.url },
      rateLimit,
    })
  const expected = scenario.webhooks * scenario.events
  const before = await stack.cpu()
  const from = Date.now()
  for (let left = scenario.events; left > 0; left -= 100) {
    const events = Array.from({ length: Math.min(left, 100) }, (_, i) => ({ type, data: { i } }))
    await accepted(stack, events)
  }
  while (receiver.hits.length < expected) await sleep(5)
  const tookMs = Date.now() - from
  await sleep(3_000) // what closes the workflows belongs to the cost
  const after = await stack.cpu()
  await receiver.close()
  const per = (part: keyof Cpu) => (after[part] - before[part]) / expected
  return {
    name: scenario.name,
    perSecond: (expected / tookMs) * 1_000,
    cpu: { herald: per('herald'), temporal: per('temporal'), mongo: per('mongo') },
  }
}

/** Posts until it is taken: herald says 503 while more waits than it can deliver. */
async function accepted(stack: Stack, events: object[]): Promise<void> {
  for (;;) {
    const { status } = await stack.call('POST', '/v1/events/batch', { events })
    if (status === 202) return
    if (status !== 503) throw new Error(`ingest answered ${status}`)
    await sleep(100)
  }
}

function print(rounds: Measured[][]): void {
  const total = ({ cpu }: Measured) => cpu.herald + cpu.temporal + cpu.mongo
  const of = (index: number, pick: (measured: Measured) => number) =>
    median(rounds.flatMap((round) => (round[index] ? [pick(round[index])] : [])))
  console.log(`medians of ${rounds.length} rounds; CPU in ms per send`)
  console.log('| scenario | sends/s | herald | temporal | mongo | all | against unlimited |')
  console.log('|---|---|---|---|---|---|---|')
  for (const [index, { name }] of SCENARIOS.entries()) {
    const base = SCENARIOS[index]?.webhooks === 1 ? 0 : 3
    const cells = [
      of(index, (one) => one.perSecond).toFixed(0),
      of(index, (one) => one.cpu.herald).toFixed(2),
      of(index, (one) => one.cpu.temporal).toFixed(2),
      of(index, (one) => one.cpu.mongo).toFixed(2),
      of(index, total).toFixed(2),
      `${(of(index, total) / of(base, total)).toFixed(2)}×`,
    ]
    console.log(`| ${[name, ...cells].join(' | ')} |`)
  }
}

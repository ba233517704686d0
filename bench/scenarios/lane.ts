import { setTimeout as sleep } from 'node:timers/promises'
import { startReceiver } from '../../test/support/receiver.ts'
import { type Figures, numberOf, type Row, rowOf } from '../measure/figures.ts'
import { type Scenario, withStack } from '../run.ts'
import type { Cpu, Stack } from '../stack.ts'

type Case = {
  name: string
  webhooks: number
  rateLimit: { limit: number; per: string } | null
  events: number
}

const FAST = { limit: 1_000, per: '1s' }

/** Each lane is compared with the unlimited case of as many webhooks. */
const CASES: Case[] = [
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
export const lane: Scenario = {
  says: 'Batches of 100 events through webhooks with a rate limit, and without one; CPU in milliseconds a send, and its ratio to the unlimited case of as many webhooks.',
  measure: (run) =>
    withStack(run, async (stack) => {
      const rounds: Figures[][] = []
      for (let round = 0; round < run.rounds; round++) {
        const measured: Figures[] = []
        for (const [index, one] of CASES.entries())
          measured.push(await measure(stack, one, `bench.${round}.${index}`))
        rounds.push(
          measured.map((figures, index) => comparedWithUnlimited(figures, index, measured)),
        )
      }
      return rowsOf(rounds)
    }),
}

async function measure(stack: Stack, one: Case, type: string): Promise<Figures> {
  const receiver = await startReceiver()
  const { rateLimit, webhooks } = one
  for (let i = 0; i < webhooks; i++)
    await stack.call('POST', '/v1/webhooks', {
      name: `${type} ${i}`,
      events: [type],
      target: { type: 'http', url: receiver.url },
      rateLimit,
    })
  const expected = webhooks * one.events
  const before = await stack.cpu()
  const from = Date.now()
  for (let left = one.events; left > 0; left -= 100) {
    const events = Array.from({ length: Math.min(left, 100) }, (_, i) => ({ type, data: { i } }))
    await accepted(stack, events)
  }
  while (receiver.hits.length < expected) await sleep(5)
  const tookMs = Date.now() - from
  await sleep(3_000) // what closes the workflows belongs to the cost
  const after = await stack.cpu()
  await receiver.close()
  const per = (part: keyof Cpu) => (after[part] - before[part]) / expected
  const [herald, temporal, mongo] = [per('herald'), per('temporal'), per('mongo')]
  return {
    'sends/s': (expected / tookMs) * 1_000,
    'CPU ms/send': herald + temporal + mongo,
    'herald CPU': herald,
    'temporal CPU': temporal,
    'mongo CPU': mongo,
  }
}

function comparedWithUnlimited(figures: Figures, index: number, measured: Figures[]): Figures {
  const base = CASES.findIndex(
    ({ webhooks, rateLimit }) => rateLimit === null && webhooks === CASES[index]?.webhooks,
  )
  const cpu = numberOf(figures, 'CPU ms/send') / numberOf(measured[base] ?? {}, 'CPU ms/send')
  return { ...figures, '× CPU unlimited': cpu }
}

function rowsOf(rounds: Figures[][]): Row[] {
  return CASES.map(({ name }, index) =>
    rowOf(
      name,
      rounds.flatMap((round) => (round[index] ? [round[index]] : [])),
    ),
  )
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

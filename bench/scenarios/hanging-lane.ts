import { setTimeout as sleep } from 'node:timers/promises'
import { type BadReceiver, startBadReceiver } from '../../test/support/strangers/bad-receiver.ts'
import { postFlow } from '../flow.ts'
import { type Figures, type Row, rowOf } from '../measure/figures.ts'
import { percentile } from '../median.ts'
import { type Scenario, withStack } from '../run.ts'
import type { Stack } from '../stack.ts'

const RATE_LIMIT = { limit: 50, per: '1s' }
const FLOW = { events: 600, perSecond: 20 }
const BURST = { events: 150, perSecond: Infinity }

type Flow = typeof FLOW
type Lane = { type: string; receiver: BadReceiver }

/**
 * How long deliveries take through one lane, alone and beside another lane whose receiver never answers, in turn: the lane
 * that hangs should leave the other's p99 within 1.5 times, in a steady flow and in a burst over the limit.
 */
export const hangingLane: Scenario = {
  says: 'A lane of 50 requests a second alone, and beside one whose receiver never answers; p99 from the post to the arrival.',
  measure: (run) => withStack(run, (stack) => measureFlows(stack, run.rounds)),
}

async function measureFlows(stack: Stack, rounds: number): Promise<Row[]> {
  const healthy = await laneOf(stack, 'healthy')
  const hanging = await laneOf(stack, 'hanging')
  await p99(stack, healthy, FLOW)
  await p99(stack, hanging, FLOW)
  const rows: Row[] = []
  for (const [name, flow] of Object.entries({ 'steady 20/s': FLOW, 'burst of 150': BURST })) {
    const measured: Figures[] = []
    for (let round = 0; round < rounds; round++) {
      const alone = await p99(stack, healthy, flow)
      hanging.receiver.mode = 'silence'
      await post(stack, hanging, BURST)
      await sleep(1_000) // until its limit has let the first fifty hang
      const beside = await p99(stack, healthy, flow)
      hanging.receiver.mode = 'ok'
      await untilNothingIsOwed(stack)
      measured.push({ 'p99 alone ms': alone, 'p99 beside ms': beside, '× alone': beside / alone })
    }
    rows.push(rowOf(name, measured))
  }
  await Promise.all([healthy.receiver.close(), hanging.receiver.close()])
  return rows
}

async function laneOf(stack: Stack, type: string): Promise<Lane> {
  const receiver = await startBadReceiver()
  await stack.call('POST', '/v1/webhooks', {
    name: type,
    events: [type],
    target: { type: 'http', url: receiver.url, timeout: '15s' },
    retry: { type: 'fixed', interval: '1s', retries: 5 },
    rateLimit: RATE_LIMIT,
    concurrency: 50,
  })
  return { type, receiver }
}

/** Milliseconds from the post to the arrival that 99 of 100 of the flow keep. */
async function p99(stack: Stack, lane: Lane, flow: Flow): Promise<number> {
  const { hits } = lane.receiver
  const seen = hits.length
  const postedAt = await post(stack, lane, flow)
  while (hits.length < seen + flow.events) await sleep(10)
  const tookMs = postedAt.map((at, n) => (hits[seen + n]?.at ?? Infinity) - at)
  return percentile(tookMs, 0.99)
}

function post(stack: Stack, { type }: Lane, { events, perSecond }: Flow): Promise<number[]> {
  return postFlow(stack, Array<string>(events).fill(type), perSecond)
}

/** The next measurement begins when nothing is left of this one. */
async function untilNothingIsOwed(stack: Stack): Promise<void> {
  const open = async (state: string) => {
    const { body } = await stack.call('GET', `/v1/deliveries?state=${state}&limit=1`)
    return (body as { data: unknown[] }).data.length > 0
  }
  while ((await open('held')) || (await open('retrying')) || (await open('pending')))
    await sleep(500)
}

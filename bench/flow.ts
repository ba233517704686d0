import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from './stack.ts'

/** Posts one event of each type in this order at this pace; when each was posted, in epoch milliseconds. Throws if one is refused. */
export async function postFlow(
  stack: Stack,
  types: string[],
  perSecond: number,
): Promise<number[]> {
  const postedAt: number[] = []
  const answers: Promise<{ status: number }>[] = []
  const begunAt = Date.now()
  for (const [n, type] of types.entries()) {
    await sleep(Math.max(begunAt + (n * 1_000) / perSecond - Date.now(), 0))
    postedAt.push(Date.now())
    answers.push(stack.call('POST', '/v1/events', { type, data: { n } }))
  }
  const refused = (await Promise.all(answers)).filter(({ status }) => status !== 202)
  if (refused.length > 0) throw new Error(`${refused.length} events were refused`)
  return postedAt
}

import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Herald, Json } from '../support/herald.ts'
import { Scene } from '../support/scene.ts'

const EVENTS = 20
const READERS = 4

const scene = new Scene('reads')
let herald: Herald
beforeAll(async () => {
  herald = await scene.start()
})
afterAll(() => scene.stop())

/** What one reader saw of the event, from its acceptance until it says that it was delivered. */
async function readings(id: string): Promise<Json[]> {
  const seen: Json[] = []
  do {
    const { status, body } = await herald.call('GET', `/v1/events/${id}`)
    if (status === 200 && 'deliveries' in body) seen.push(body)
  } while (seen.at(-1)?.['delivered'] !== true)
  return seen
}

it('an event that is read while it is delivered never says more than its deliveries show', async () => {
  await scene.hook('reads.a')
  for (let count = 0; count < EVENTS; count += 1) {
    const id = await herald.event({ type: 'reads.a' })
    const seen = (await Promise.all(Array.from({ length: READERS }, () => readings(id)))).flat()
    for (const { delivered, counts, deliveries, stages } of seen) {
      const states = (deliveries as Json[]).map(({ state }) => state)
      expect(counts).toEqual(states.length > 0 ? { [String(states[0])]: 1 } : {})
      const answered = delivered === true ? 200 : null
      expect(stages).toMatchObject({ response: { status: answered } })
    }
  }
})

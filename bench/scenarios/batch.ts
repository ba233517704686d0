import { measure } from '../measure/measure.ts'
import { rowOf } from '../measure/figures.ts'
import { inRounds } from '../measure/rounds.ts'
import { type Scenario, withHerald } from '../run.ts'

const TYPE = 'bench.batch'
const CASES = [
  { events: 100, connections: 4 },
  { events: 500, connections: 4 },
]

/** How fast events go through that come many at once. */
export const batch: Scenario = {
  says: 'Closed loop over POST /v1/events/batch. One webhook with concurrency 256.',
  measure: ({ mongo, rounds, seconds }) =>
    withHerald({ mongo }, async ({ system, load, subscribe }) => {
      await subscribe([TYPE])
      const rows = []
      for (const { events: eventsPerRequest, connections } of CASES) {
        const pace = { kind: 'closed', connections, seconds } as const
        const measured = await inRounds(rounds, async () => {
          const one = await measure({ system, load, type: TYPE, pace, eventsPerRequest })
          return one.figures
        })
        rows.push(rowOf(`${eventsPerRequest} events, ${connections} connections`, measured))
      }
      return rows
    }),
}

import { type Figures, numberOf, rowOf } from '../measure/figures.ts'
import { measure } from '../measure/measure.ts'
import { type HeraldBed, type Scenario, withHerald } from '../run.ts'

const PER_SECOND = 200
const CONNECTIONS = 256
/** Above the rate, so that what is measured is the lane and not the waiting. */
const RATE_LIMIT = { limit: 1_000, per: '1s' }

/** What a send through the lane of a rate limit costs. */
export const limited: Scenario = {
  says: 'Open loop at 200/s to a webhook with a rate limit of 1,000 per second, and to one without, in turn. The ratio is of CPU per event.',
  measure: ({ mongo, rounds, seconds }) =>
    withHerald({ mongo }, async (bed) => {
      await bed.subscribe(['bench.free'])
      await bed.subscribe(['bench.limited'], 0, { rateLimit: RATE_LIMIT })
      await atRate(bed, 'bench.limited', 2)
      const free: Figures[] = []
      const inLane: Figures[] = []
      for (let round = 0; round < rounds; round++) {
        const plain = await atRate(bed, 'bench.free', seconds)
        const figures = await atRate(bed, 'bench.limited', seconds)
        const cpu = numberOf(figures, 'CPU ms/event') / numberOf(plain, 'CPU ms/event')
        free.push(plain)
        inLane.push({ ...figures, '× CPU unlimited': cpu })
      }
      return [rowOf('limited', inLane), rowOf('unlimited', free)]
    }),
}

async function atRate(
  { system, load }: HeraldBed,
  type: string,
  seconds: number,
): Promise<Figures> {
  const pace = { kind: 'open', perSecond: PER_SECOND, seconds, connections: CONNECTIONS } as const
  return (await measure({ system, load, type, pace })).figures
}

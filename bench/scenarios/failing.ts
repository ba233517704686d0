import { type Figures, numberOf, rowOf } from '../measure/figures.ts'
import { measure } from '../measure/measure.ts'
import { retryLatenessMs } from '../measure/retries.ts'
import { percentiles } from '../median.ts'
import { type HeraldBed, type Run, type Scenario, withHerald } from '../run.ts'

const TYPE = 'bench.failing'
const CONNECTIONS = 64
const FAILING_TENTHS = 3
const INTERVAL_MS = 1_000

/** What retries cost, and whether they keep their time. */
export const failing: Scenario = {
  says: 'Closed loop on 64 connections; three of ten events are answered 500 at their first attempt and are to be sent again 1 s later. Retries late: from that time to the arrival, p50, p95 and p99; the earliest below 0 would be too early. The ratio is to the same load without failures, in the same round.',
  measure: ({ mongo, ...run }) =>
    withHerald({ mongo }, async (bed) => {
      const retry = { type: 'fixed', interval: `${INTERVAL_MS}ms`, retries: 5 }
      await bed.subscribe([TYPE], 0, { retry })
      return measureRounds(bed, run)
    }),
}

async function measureRounds(
  { system, load }: HeraldBed,
  { rounds, seconds }: Pick<Run, 'rounds' | 'seconds'>,
) {
  const pace = { kind: 'closed', connections: CONNECTIONS, seconds } as const
  const plain: Figures[] = []
  const failed: Figures[] = []
  for (let round = 0; round < rounds; round++) {
    const without = await measure({ system, load, type: TYPE, pace })
    const rule = { failingTenths: FAILING_TENTHS }
    const { figures, receipts } = await measure({ system, load, type: TYPE, pace, rule })
    const lateMs = retryLatenessMs(receipts, INTERVAL_MS)
    plain.push(without.figures)
    failed.push({
      ...figures,
      retries: lateMs.length,
      'retries late ms': percentiles(lateMs),
      'earliest retry ms': lateMs.reduce((least, one) => Math.min(least, one), Infinity),
      '× without failures':
        numberOf(figures, 'delivered/s') / numberOf(without.figures, 'delivered/s'),
    })
  }
  return [rowOf('30 % fail once', failed), rowOf('none fails', plain)]
}

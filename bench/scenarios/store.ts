import { type Figures, numberOf, type Row, rowOf } from '../measure/figures.ts'
import { measure } from '../measure/measure.ts'
import { inRounds } from '../measure/rounds.ts'
import { type HeraldBed, type Run, type Scenario, withHerald } from '../run.ts'
import { fillStore } from '../store/fill.ts'
import { listFigures } from '../store/lists.ts'

const TYPE = 'bench.store'
const CONNECTIONS = 64

/** What a full database changes. */
export const store: Scenario = {
  says: 'Closed loop on 64 connections, empty and with a million events and deliveries (or --deliveries) in the same database; then the list of deliveries with every filter, 20 times each, p50, p95 and p99.',
  measure: (run) =>
    withHerald(run, async (bed) => {
      await bed.subscribe([TYPE])
      return measureFilled(bed, run)
    }),
}

async function measureFilled(bed: HeraldBed, run: Run): Promise<Row[]> {
  const { system, load, stack } = bed
  const { rounds, seconds, deliveries } = run
  const pace = { kind: 'closed', connections: CONNECTIONS, seconds } as const
  const one = async () => (await measure({ system, load, type: TYPE, pace })).figures
  const empty = rowOf('empty', await inRounds(rounds, one))
  await fillStore(stack.mongoUri, deliveries, console.error)
  const filled = rowOf(`${deliveries} deliveries`, await inRounds(rounds, one))
  const ratio = numberOf(filled.figures, 'delivered/s') / numberOf(empty.figures, 'delivered/s')
  const figures: Figures = { ...filled.figures, '× empty': ratio }
  const lists = await listFigures(stack, deliveries)
  return [
    empty,
    { ...filled, figures },
    ...Object.entries(lists).map(([name, took]) => rowOf(`list: ${name}`, [took])),
  ]
}

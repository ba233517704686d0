import { measure } from '../measure/measure.ts'
import { type Figures, type Row, rowOf } from '../measure/figures.ts'
import { inRounds } from '../measure/rounds.ts'
import { type Bed, type Run, type Scenario, withSystem } from '../run.ts'
import { startForwarder } from '../systems/forwarder.ts'

const TYPE = 'bench.latency'
const RATES = [1, 20, 50, 200]
/** At 1/s fewer say nothing about a median. */
const LEAST_EVENTS = 20
const CONNECTIONS = 256

/** How long one event takes while so many come each second. */
export const latency: Scenario = {
  says: 'Open loop: an event is due at every beat, whatever the answers do; times count from when it was due. Accept is the moment in which the generator has the answer. Beside it the bare forwarder at the same rate.',
  measure: (run) =>
    withSystem(run, TYPE, async (bed) => {
      const forwarder = await startForwarder(bed.load.hookUrl())
      try {
        return await measureRates(run, bed, forwarder.system)
      } finally {
        await forwarder.stop()
      }
    }),
}

async function measureRates(
  { rounds, seconds }: Run,
  { system, load }: Bed,
  forwarder: Bed['system'],
): Promise<Row[]> {
  const warmUp = { kind: 'closed', connections: 16, seconds: 2 } as const
  await measure({ system: forwarder, load, type: TYPE, pace: warmUp })
  const rows: Row[] = []
  for (const perSecond of RATES) {
    const lasts = Math.max(seconds, Math.ceil(LEAST_EVENTS / perSecond))
    const pace = { kind: 'open', perSecond, seconds: lasts, connections: CONNECTIONS } as const
    const of = (one: Bed['system']) => measure({ system: one, load, type: TYPE, pace })
    const bare: Figures[] = []
    const measured = await inRounds(rounds, async () => {
      bare.push((await of(forwarder)).figures)
      return (await of(system)).figures
    })
    rows.push(rowOf(`${system.name}, ${perSecond}/s`, measured))
    rows.push(rowOf(`bare forwarder, ${perSecond}/s`, bare))
  }
  return rows
}

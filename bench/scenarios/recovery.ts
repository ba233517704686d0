import { setTimeout as sleep } from 'node:timers/promises'
import { preciseNow } from '../../src/clock.ts'
import { type Figures, rowOf, tallyFigures } from '../measure/figures.ts'
import { measure } from '../measure/measure.ts'
import { refusedForMs } from '../measure/refusal.ts'
import { inRounds } from '../measure/rounds.ts'
import { type HeraldBed, type Scenario, withHerald } from '../run.ts'

const TYPE = 'bench.recovery'
const PACE = { kind: 'open', perSecond: 100, seconds: 40, connections: 256 } as const
const KILLED_AFTER_MS = [8_000, 22_000]

/** What a kill of herald does to senders and to what was accepted. */
export const recovery: Scenario = {
  says: 'Open loop at 100/s for 40 s; herald is killed with -9 after 8 s and after 22 s and started again at once. Refused for: from the kill to the first answer 202 of an event posted after it. Failed are posts without an answer; an event that was received without an answer counts neither as delivered nor as lost.',
  measure: ({ mongo, rounds }) =>
    withHerald({ mongo }, async (bed) => {
      await bed.subscribe([TYPE])
      return [rowOf('100/s, killed twice', await inRounds(rounds, () => killedTwice(bed)))]
    }),
}

async function killedTwice({ system, load, stack }: HeraldBed): Promise<Figures> {
  const kill = async (afterMs: number) => {
    await sleep(afterMs)
    const atMs = preciseNow()
    await stack.killHerald()
    await stack.startHerald()
    return { atMs, readyAfterMs: preciseNow() - atMs }
  }
  const [measured, ...kills] = await Promise.all([
    measure({ system, load, type: TYPE, pace: PACE }),
    ...KILLED_AFTER_MS.map(kill),
  ])
  const { log, receipts, tally } = measured
  const { okStatus } = system.target(TYPE, false)
  return {
    'refused for ms': Math.max(...kills.map(({ atMs }) => refusedForMs(log, atMs, okStatus))),
    'ready after ms': Math.max(...kills.map(({ readyAfterMs }) => readyAfterMs)),
    'latest receipt ms': latestReceiptMs(log.answeredAtMs, receipts),
    ...tallyFigures(tally),
  }
}

/** The longest from a 202 to the first receipt. */
function latestReceiptMs(
  answeredAtMs: Float64Array,
  { event, atMs }: { event: Uint32Array; atMs: Float64Array },
): number {
  const first = new Map<number, number>()
  for (const [index, id] of event.entries()) if (!first.has(id)) first.set(id, atMs[index] ?? 0)
  const tookMs = [...first].map(([id, at]) => (answeredAtMs[id] ? at - answeredAtMs[id] : 0))
  return tookMs.reduce((most, one) => Math.max(most, one), 0)
}

import { type Figures, numberOf, type Row, rowOf } from '../measure/figures.ts'
import { type Measured, measure } from '../measure/measure.ts'
import { inRounds } from '../measure/rounds.ts'
import { type HeraldBed, type Scenario, withHerald } from '../run.ts'

const WIDTHS = [1, 10, 100, 1_000, 5_000]
/** A stream of events of which each goes to this many. */
const STREAM = { width: 10, perSecond: 50, connections: 256 }
/** How long one event may take to be accepted. */
const PATIENCE_SECONDS = 30
const CREATED_AT_ONCE = 8

/** How fast one event reaches many webhooks. */
export const fanout: Scenario = {
  says: 'One event to so many webhooks of one receiver, each webhook with its default concurrency of 32, and 50 events a second to ten webhooks each.',
  measure: ({ widest, rounds, seconds, ...run }) =>
    withHerald(run, async (bed) => {
      const widths = WIDTHS.filter((width) => width <= widest)
      await createHooks(bed, widths)
      const rows: Row[] = []
      for (const width of widths) {
        const measured = await inRounds(rounds, () => oneEvent(bed, width))
        rows.push(rowOf(`1 → ${width}`, measured))
      }
      const stream = await inRounds(rounds, () => steadily(bed, seconds))
      return [...rows, rowOf(`1 → ${STREAM.width} at ${STREAM.perSecond}/s`, stream)]
    }),
}

const typeOf = (width: number) => `bench.fan.${width}`

/** The first webhook is of every width, the last one only of the widest. */
async function createHooks({ subscribe }: HeraldBed, widths: number[]): Promise<void> {
  const most = Math.max(...widths)
  for (let from = 0; from < most; from += CREATED_AT_ONCE) {
    const some = Array.from({ length: Math.min(CREATED_AT_ONCE, most - from) }, (_, n) => from + n)
    await Promise.all(
      some.map((hook) => {
        const events = widths.filter((width) => width > hook).map(typeOf)
        return subscribe(events, hook, { concurrency: 32 })
      }),
    )
  }
}

async function oneEvent({ system, load }: HeraldBed, width: number): Promise<Figures> {
  const pace = { kind: 'closed', connections: 1, seconds: PATIENCE_SECONDS, requests: 1 } as const
  const measured = await measure({ system, load, type: typeOf(width), pace, hooks: width })
  return { 'all after ms': allAfterMs(measured), ...perDelivery(measured.figures, width) }
}

async function steadily({ system, load }: HeraldBed, seconds: number): Promise<Figures> {
  const { width, ...stream } = STREAM
  const pace = { kind: 'open', seconds, ...stream } as const
  const { figures } = await measure({ system, load, type: typeOf(width), pace, hooks: width })
  return perDelivery(figures, width)
}

/** From the post to the last of its receipts. */
function allAfterMs({ log, receipts }: Measured): number {
  const last = receipts.atMs.reduce((most, atMs) => Math.max(most, atMs), 0)
  return last - (log.postedAtMs[0] ?? 0)
}

function perDelivery(figures: Figures, width: number): Figures {
  return { ...figures, 'CPU ms/delivery': numberOf(figures, 'CPU ms/event') / width }
}

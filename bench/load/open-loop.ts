import { setImmediate as letAnswersIn, setTimeout as sleep } from 'node:timers/promises'
import { preciseNow } from '../../src/clock.ts'
import { Connection } from './connection.ts'
import { LoadRecord } from './load-record.ts'
import type { LoadLog, LoadPlan, Pace } from './plan.ts'
import { PreparedRequest } from './request.ts'

/** A generator that is behind its beats hears answers no later than after so many of them. */
const BEATS_AT_ONCE = 32

type Open = Extract<Pace, { kind: 'open' }>
type Sender = { connection: Connection; request: PreparedRequest }

/** Posts at each beat, whatever the answers do, on a free connection or a new one up to the most that it may have. */
export async function runOpenLoop(plan: LoadPlan & { pace: Open }): Promise<LoadLog> {
  const { pace, target, eventsPerRequest } = plan
  const record = new LoadRecord(eventsPerRequest)
  const free: Sender[] = []
  const all: Sender[] = []
  const sender = () => {
    if (free.length > 0 || all.length === pace.connections) return free.pop()
    const one = { connection: new Connection(target.url), request: new PreparedRequest(plan) }
    all.push(one)
    return one
  }
  const answers: Promise<void>[] = []
  const post = (dueAtMs: number) => {
    const one = sender()
    if (!one) return record.unsent()
    const number = record.posted(dueAtMs)
    const answer = new Promise<void>((done) => {
      one.connection.post(one.request.of(number * eventsPerRequest), (status) => {
        record.answered(number, status)
        free.push(one)
        done()
      })
    })
    answers.push(answer)
  }
  const begunAtMs = preciseNow()
  for (let beat = 0; beat < pace.perSecond * pace.seconds; beat++) {
    const dueAtMs = begunAtMs + (beat * 1_000) / pace.perSecond
    if (dueAtMs > preciseNow()) await sleep(dueAtMs - preciseNow())
    else if (beat % BEATS_AT_ONCE === 0) await letAnswersIn()
    post(dueAtMs)
  }
  await Promise.all(answers)
  for (const { connection } of all) connection.close()
  return record.log()
}

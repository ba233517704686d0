import { setTimeout as sleep } from 'node:timers/promises'
import { preciseNow } from '../../src/clock.ts'
import { Connection } from './connection.ts'
import { LoadRecord } from './load-record.ts'
import type { LoadLog, LoadPlan, Pace } from './plan.ts'
import { PreparedRequest } from './request.ts'

/** A sender whose request was not accepted waits so long; without it a service that refuses would be asked without end. */
const PAUSE_MS = 10

type Closed = Extract<Pace, { kind: 'closed' }>

/** Posts on every connection as fast as answers come. */
export async function runClosedLoop(plan: LoadPlan & { pace: Closed }): Promise<LoadLog> {
  const { pace, target, eventsPerRequest } = plan
  const record = new LoadRecord(eventsPerRequest)
  const endMs = preciseNow() + pace.seconds * 1_000
  let left = pace.requests ?? Infinity
  const isOver = () => left <= 0 || preciseNow() >= endMs
  const runOne = () =>
    new Promise<void>((done) => {
      const connection = new Connection(target.url)
      const request = new PreparedRequest(plan)
      const post = () => {
        if (isOver()) {
          connection.close()
          return done()
        }
        left -= 1
        const number = record.posted(preciseNow())
        connection.post(request.of(number * eventsPerRequest), (status) => {
          record.answered(number, status)
          if (target.okStatus.includes(status)) post()
          else void sleep(PAUSE_MS).then(post)
        })
      }
      post()
    })
  await Promise.all(Array.from({ length: pace.connections }, runOne))
  return record.log()
}

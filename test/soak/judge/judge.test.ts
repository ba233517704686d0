import { describe, expect, it } from 'vitest'
import type { AttemptRecord, Fault, History, Request, Row } from './history.ts'
import { judge } from '../judge.ts'

const T0 = 1_800_000_000_000
const webhook = {
  id: 'wh_1',
  name: 'healthy',
  attempts: 3,
  limits: [],
  wasPaused: false,
  isPaused: false,
}

/** A request of delivery dlv_1 that begins `atMs` after T0. */
function request(atMs: number, endedMs: number, more: Partial<Request> = {}): Request {
  const given = { webhook: 'healthy', event: 'e1', delivery: 'dlv_1', attempt: 1, status: 200 }
  return { ...given, atMs: T0 + atMs, endedMs: T0 + endedMs, ...more }
}

function row(more: Partial<Row> = {}): Row {
  return {
    id: 'dlv_1',
    event: 'e1',
    webhook: 'wh_1',
    state: 'delivered',
    attempts: 1,
    failures: 0,
    round: 1,
    workflow: 'event/default/e1',
    createdMs: T0,
    ...more,
  }
}

function record(number: number, more: Partial<AttemptRecord> = {}): AttemptRecord {
  return { delivery: 'dlv_1', number, outcome: 'delivered', reconnected: false, ...more }
}

function kill(part: Fault['part'], fromMs: number, upMs = fromMs + 3_000): Fault {
  return { part, fromMs: T0 + fromMs, goneMs: T0 + fromMs + 2, upMs: T0 + upMs }
}

/** One event, delivered at once, and what is planted in it. */
function history(planted: Partial<History> = {}): History {
  return {
    webhooks: [webhook],
    accepted: [{ event: 'e1', webhooks: ['wh_1'] }],
    requests: [request(0, 20)],
    faults: [],
    asks: [],
    rows: [row()],
    attempts: [record(1)],
    openWorkflows: [],
    ...planted,
  }
}

/** Names of the promises that this history breaks. */
function broken(planted: Partial<History>): string[] {
  return judge(history(planted)).flatMap(({ name, wrong }) => (wrong.length > 0 ? [name] : []))
}

const LOST = 'nothing is lost'
const TWICE = 'nothing is sent twice without a reason'
const OVERLAP = 'no two requests of a delivery overlap'
const NUMBERS = 'attempt numbers have no hole and none is used twice'
const RATE = 'no rate limit is exceeded'
const WORKFLOW = 'no workflow is open without an owed row'
const CARRIER = 'no row is owed without a carrier'

describe('the judge of the soak', () => {
  it('finds nothing in a history in which all went well', () => {
    expect(broken({})).toEqual([])
    const failures = [request(0, 5, { status: 500 }), request(1_010, 1_020, { attempt: 2 })]
    const rows = [row({ attempts: 2, failures: 1 })]
    expect(broken({ requests: failures, rows, attempts: [record(1), record(2)] })).toEqual([])
  })

  it.each([
    ['without a row', { rows: [], requests: [], attempts: [] }],
    ['that was delivered to nobody', { requests: [request(0, 20, { status: 500 })] }],
    ['that ended without a reason', { rows: [row({ state: 'failed', failures: 3 })] }],
    [
      'that was given up early',
      { rows: [row({ state: 'failed', reason: 'http_5xx', failures: 1 })] },
    ],
    ['that nobody cancelled', { rows: [row({ state: 'cancelled', reason: 'cancelled' })] }],
    ['that was skipped for no pause', { rows: [row({ state: 'skipped', reason: 'paused' })] }],
  ])('finds an accepted event %s', (_, planted) => {
    expect(broken(planted)).toContain(LOST)
  })

  it('finds what is still owed when all should be over, and takes a carrier into account', () => {
    const rows = [row({ state: 'retrying' })]
    expect(broken({ rows })).toEqual([LOST, CARRIER])
    for (const carrier of ['event/default/e1', 'redeliver/dlv_1/now-2', 'rate-limit/default/wh_1'])
      expect(broken({ rows, openWorkflows: [carrier] })).toEqual([LOST])
    expect(broken({ rows, openWorkflows: ['event/default/e2'] })).toContain(CARRIER)
    expect(broken({ rows, webhooks: [{ ...webhook, isPaused: true }] })).not.toContain(CARRIER)
  })

  it('finds a workflow that is open for nothing', () => {
    expect(broken({ openWorkflows: ['event/default/e1'] })).toEqual([WORKFLOW])
  })

  it('finds a request after the success, whatever its number', () => {
    const rows = [row({ attempts: 2 })]
    const requests = [request(0, 20), request(100, 120, { attempt: 2 })]
    expect(broken({ rows, requests, attempts: [record(1), record(2)] })).toEqual([TWICE])
  })

  it('takes a redelivery, a rerun or a replay as the reason of one more round, and of no other', () => {
    const rows = [row({ attempts: 2, round: 2 })]
    const requests = [request(0, 20), request(100, 120, { attempt: 2 })]
    const planted = { rows, requests, attempts: [record(1), record(2)] }
    const atMs = T0 + 50
    const untilMs = atMs
    for (const ask of [
      { kind: 'redeliver', atMs, untilMs, delivery: 'dlv_1' },
      { kind: 'rerun', atMs, untilMs, event: 'e1' },
      { kind: 'replay', atMs, untilMs, webhook: 'wh_1', fromMs: T0 - 1 },
    ] as const)
      expect(broken({ ...planted, asks: [ask] })).toEqual([])
    expect(broken(planted)).toEqual([TWICE])
    const asks = [{ kind: 'redeliver', atMs, untilMs, delivery: 'dlv_2' } as const]
    expect(broken({ ...planted, asks })).toEqual([TWICE])
    const later = [{ kind: 'replay', atMs, untilMs, webhook: 'wh_1', fromMs: T0 + 1 } as const]
    expect(broken({ ...planted, asks: later })).toEqual([TWICE])
  })

  it('takes a replay as the reason of what came before it was answered, and of nothing after that', () => {
    const requests = [request(0, 20), request(100, 120, { attempt: 2 })]
    const attempts = [record(1), record(2)]
    const asks = [
      { kind: 'replay', atMs: T0, untilMs: T0 + 50, webhook: 'wh_1', fromMs: T0 } as const,
    ]
    const created = (ms: number) => {
      const rows = [row({ attempts: 2, round: 2, createdMs: T0 + ms })]
      return broken({ rows, requests, attempts, asks })
    }
    expect(created(40)).toEqual([])
    expect(created(60)).toEqual([TWICE])
  })

  it('finds more requests than the schedule promises', () => {
    const number = [1, 2, 3, 4]
    const requests = number.map((attempt) =>
      request(attempt * 1_000, attempt * 1_000 + 5, { attempt, status: 500 }),
    )
    const rows = [row({ state: 'failed', reason: 'http_5xx', attempts: 4, failures: 3 })]
    const attempts = number.map((one) => record(one, { outcome: 'failed' }))
    expect(broken({ requests, rows, attempts })).toEqual([TWICE])
    const fewer = { requests: requests.slice(0, 3), attempts: attempts.slice(0, 3) }
    expect(broken({ ...fewer, rows: [row({ ...rows[0], attempts: 3 })] })).toEqual([])
  })

  it('explains by a kill of herald what was open or answered up to 10 ms before, and nothing else', () => {
    const planted = (endedMs: number) => ({
      rows: [row({ attempts: 2 })],
      requests: [request(0, endedMs), request(3_000, 3_020, { attempt: 2 })],
      attempts: [record(1, { outcome: 'unknown' }), record(2)],
    })
    expect(broken({ ...planted(500), faults: [kill('herald B', 300)] })).toEqual([])
    expect(broken({ ...planted(500), faults: [kill('herald A', 509)] })).toEqual([])
    expect(broken({ ...planted(500), faults: [kill('herald A', 530)] })).toEqual([TWICE])
    expect(broken({ ...planted(500), faults: [kill('Temporal', 300)] })).toEqual([TWICE])
    expect(broken({ ...planted(500), faults: [kill('MongoDB', 300)] })).toEqual([TWICE])
  })

  it('explains what was answered while MongoDB was away, if herald was killed before it could be stored', () => {
    const planted = {
      rows: [row({ attempts: 2 })],
      requests: [request(0, 20), request(9_000, 9_020, { attempt: 2 })],
      attempts: [record(1, { outcome: 'unknown' }), record(2)],
    }
    expect(broken({ ...planted, faults: [kill('MongoDB', 10), kill('herald A', 2_000)] })).toEqual(
      [],
    )
    expect(broken({ ...planted, faults: [kill('MongoDB', 500), kill('herald A', 600)] })).toEqual([
      TWICE,
    ])
  })

  it('finds a request that nobody wrote down', () => {
    const requests = [
      request(0, 5, { status: 500 }),
      request(1_000, 1_005, { attempt: 2, status: 500 }),
      request(2_000, 2_005, { attempt: 3 }),
    ]
    const rows = [row({ attempts: 2, failures: 2 })]
    expect(broken({ requests, rows, attempts: [record(1), record(2)] })).toEqual([TWICE])
  })

  it('finds two requests of a delivery that are open at once, also beside a shorter one', () => {
    const number = [1, 2, 3]
    const attempts = number.map((one) => record(one))
    const planted = {
      rows: [row({ attempts: 3, failures: 2 })],
      attempts,
      requests: [
        request(0, 1_000, { status: 500 }),
        request(100, 110, { attempt: 2, status: 500 }),
        request(500, 1_200, { attempt: 3 }),
      ],
    }
    const overlaps = judge(history(planted)).find(({ name }) => name === OVERLAP)
    expect(overlaps?.wrong).toHaveLength(2)
    expect(broken({ ...planted, faults: [kill('herald A', 50)] })).not.toContain(OVERLAP)
    expect(broken({ ...planted, faults: [kill('Temporal', 50)] })).toContain(OVERLAP)
  })

  it('finds a number that was used twice, unless the connection was the reason', () => {
    const requests = [request(0, 5, { status: 0 }), request(6, 20)]
    expect(broken({ requests })).toEqual([NUMBERS])
    expect(broken({ requests, attempts: [record(1, { reconnected: true })] })).toEqual([])
  })

  it('finds a hole in the numbers, and a number beyond the last', () => {
    const failed = { status: 500, attempt: 1 }
    const requests = [request(0, 5, failed), request(1_000, 1_010, { attempt: 3 })]
    const rows = [row({ attempts: 3 })]
    expect(broken({ requests, rows, attempts: [record(1), record(3)] })).toEqual([NUMBERS])
    expect(broken({ attempts: [record(1), record(2)] })).toEqual([NUMBERS])
  })

  it('finds one request too many in a sliding second while the limit is on', () => {
    const times = [0, 100, 200, 900, 980, 1_010, 1_150]
    const ids = times.map((_, n) => `dlv_${n}`)
    const planted = {
      accepted: [],
      requests: times.map((atMs, n) => request(atMs, atMs + 5, { delivery: ids[n] ?? '' })),
      rows: ids.map((id) => row({ id })),
      attempts: ids.map((delivery) => record(1, { delivery })),
    }
    const limits = (limit: number, toMs = 10_000) => [
      { ...webhook, limits: [{ limit, perMs: 1_000, fromMs: T0, toMs: T0 + toMs }] },
    ]
    expect(broken({ ...planted, webhooks: limits(5) })).toEqual([])
    expect(broken({ ...planted, webhooks: limits(4) })).toEqual([RATE])
    expect(broken({ ...planted, webhooks: limits(3, 850) })).toEqual([])
  })
})

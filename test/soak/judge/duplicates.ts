import { isExplained, killedBetween } from './explained.ts'
import {
  type Ask,
  type AttemptRecord,
  type Fault,
  groupBy,
  type History,
  isOwed,
  type Request,
  type Row,
  type Verdict,
} from './history.ts'

/** Two requests that touch within this do not overlap: one event loop writes down the end of one and the start of the other. */
const TOUCH_MS = 2

/** How often somebody asked for this delivery again; each may have begun a round. */
function timesAsked(row: Row, asks: readonly Ask[]): number {
  return asks.filter((ask) => {
    if (ask.kind === 'cancel') return false
    if ('delivery' in ask) return ask.delivery === row.id
    if ('event' in ask) return ask.event === row.event
    return (
      ask.webhook === row.webhook && row.createdMs >= ask.fromMs && row.createdMs <= ask.untilMs
    )
  }).length
}

/** Every request is on record, none follows a success, and none is beyond the schedule, unless a kill or an ask explains it. */
export function judgeDuplicates(history: History): Verdict {
  const records = groupBy(history.attempts, (attempt) => attempt.delivery)
  const rows = new Map(history.rows.map((row) => [row.id, row]))
  const attemptsOf = new Map(history.webhooks.map(({ id, attempts }) => [id, attempts]))
  const asksOf = asksByName(history.asks)
  const { faults } = history
  const wrong: string[] = []
  let explained = 0
  for (const [delivery, requests] of groupBy(history.requests, (one) => one.delivery)) {
    const row = rows.get(delivery)
    if (!row) {
      wrong.push(`${delivery}: ${requests.length} requests and no row`)
      continue
    }
    const recorded = records.get(delivery) ?? []
    explained += requests.filter((one) => isExplained(one, faults)).length
    const found = [
      offRecord(requests, recorded, faults),
      afterSuccess(requests, row, faults),
      uncalledFor(row, timesAsked(row, asksOf(row))),
      beyondSchedule(requests, row, { history, promised: attemptsOf.get(row.webhook) ?? 0 }),
    ].filter((why) => why !== undefined)
    if (found.length > 0)
      wrong.push(`${found.join('; ')}: ${described(row, requests, { attempts: recorded, faults })}`)
  }
  const seen = `${history.requests.length} requests, of which a kill may explain ${explained}`
  return { name: 'nothing is sent twice without a reason', seen, wrong }
}

function offRecord(requests: Request[], records: AttemptRecord[], faults: Fault[]) {
  const numbers = new Set(records.map(({ number }) => number))
  const off = requests.filter((one) => !numbers.has(one.attempt) && !isExplained(one, faults))
  return off.length > 0 ? `no record of ${numbersOf(off)}` : undefined
}

function afterSuccess(requests: Request[], row: Row, faults: Fault[]) {
  const successes = requests.filter((one) => isSuccess(one) && !isExplained(one, faults))
  const again = requests.filter(
    ({ atMs }) => successes.filter(({ endedMs }) => endedMs <= atMs).length >= row.round,
  )
  return again.length > 0 ? `${numbersOf(again)} after ${row.round} success(es)` : undefined
}

function uncalledFor(row: Row, asked: number) {
  return row.round > 1 + asked ? `round ${row.round}, asked for ${asked} times` : undefined
}

function beyondSchedule(
  requests: Request[],
  row: Row,
  { history, promised }: { history: History; promised: number },
) {
  const counted = requests.filter((one) => !isExplained(one, history.faults)).length
  const most = row.round * promised
  return counted > most ? `${counted} requests, ${most} promised` : undefined
}

/** No request of a delivery begins while another one is open, unless a herald died in between. */
export function judgeOverlaps({ requests, faults }: History): Verdict {
  const wrong: string[] = []
  for (const [delivery, of] of groupBy(requests, (one) => one.delivery)) {
    const sorted = of.toSorted((a, b) => a.atMs - b.atMs)
    for (const [n, later] of sorted.entries()) {
      const earlier = sorted
        .slice(0, n)
        .find(
          (one) =>
            later.atMs < one.endedMs - TOUCH_MS && !killedBetween(one.atMs, later.atMs, faults),
        )
      if (!earlier) continue
      const lateMs = Math.round(later.atMs - earlier.atMs)
      const { webhook, event } = later
      wrong.push(
        `${webhook} ${event} ${delivery}: ${later.attempt} begins ${lateMs} ms after ${earlier.attempt}, which is open`,
      )
    }
  }
  return {
    name: 'no two requests of a delivery overlap',
    seen: `${requests.length} requests`,
    wrong,
  }
}

/** Attempts are numbered 1, 2, 3 … on record, and no number reaches the receiver twice. */
export function judgeNumbers({ requests, attempts, rows }: History): Verdict {
  const records = groupBy(attempts, (attempt) => attempt.delivery)
  const wrong: string[] = []
  for (const row of rows.filter((one) => !isOwed(one))) {
    const numbers = (records.get(row.id) ?? []).map(({ number }) => number)
    const holes = Array.from({ length: row.attempts }, (_, i) => i + 1).filter(
      (number) => !numbers.includes(number),
    )
    if (holes.length > 0) wrong.push(`${row.id} of ${row.event}: no record of ${holes.join(', ')}`)
    if (Math.max(0, ...numbers) > row.attempts)
      wrong.push(
        `${row.id} of ${row.event}: ${row.attempts} attempts, records up to ${Math.max(...numbers)}`,
      )
  }
  const repeatable = new Set(
    attempts
      .filter((one) => one.reconnected)
      .map(({ delivery, number }) => `${delivery}#${number}`),
  )
  for (const [key, of] of groupBy(requests, (one) => `${one.delivery}#${one.attempt}`)) {
    if (of.length > (repeatable.has(key) ? 2 : 1))
      wrong.push(`${key} of ${of[0]?.event}: ${of.length} requests with this number`)
  }
  const seen = `${attempts.length} attempts on record`
  return { name: 'attempt numbers have no hole and none is used twice', seen, wrong }
}

function asksByName(asks: readonly Ask[]): (row: Row) => Ask[] {
  const byName = groupBy(asks, (ask) =>
    'delivery' in ask ? ask.delivery : 'event' in ask ? ask.event : ask.webhook,
  )
  return ({ id, event, webhook }) => [id, event, webhook].flatMap((name) => byName.get(name) ?? [])
}

type Recorded = { attempts: AttemptRecord[]; faults: Fault[] }
const isSuccess = ({ status }: Request) => status >= 200 && status < 300
const numbersOf = (requests: Request[]) => requests.map((one) => one.attempt).join(', ')

/** The requests of a delivery with what is on record of each, and the kills in between; milliseconds since the first one. */
function described(row: Row, requests: Request[], { attempts, faults }: Recorded): string {
  const [first] = requests
  const startMs = first?.atMs ?? 0
  const lastMs = requests.at(-1)?.atMs ?? 0
  const since = (ms: number) => Math.round(ms - startMs)
  const outcomes = new Map(attempts.map(({ number, outcome }) => [number, outcome]))
  const sent = requests.map(({ attempt, atMs, endedMs, status }) => ({
    atMs,
    text: `#${attempt} ${since(atMs)}..${since(endedMs)}=${status} ${outcomes.get(attempt) ?? 'off record'}`,
  }))
  const kills = faults
    .filter(({ fromMs }) => fromMs >= startMs && fromMs <= lastMs)
    .map(({ part, fromMs, upMs }) => ({
      atMs: fromMs,
      text: `${part} killed ${since(fromMs)}, up ${since(upMs)}`,
    }))
  const told = [...sent, ...kills].toSorted((a, b) => a.atMs - b.atMs).map(({ text }) => text)
  return `${first?.webhook} ${row.event} ${row.id} ${row.state}, round ${row.round} [${told.join('; ')}]`
}

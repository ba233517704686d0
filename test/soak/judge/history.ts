/** What a run has seen, as the judge reads it. Times are epoch milliseconds of the run's own clock, fractions kept. */
export type History = {
  webhooks: JudgedWebhook[]
  /** Events that were answered 202. */
  accepted: Accepted[]
  requests: Request[]
  faults: Fault[]
  asks: Ask[]
  rows: Row[]
  attempts: AttemptRecord[]
  /** Workflows that had not ended when all should have. */
  openWorkflows: string[]
}

export type JudgedWebhook = {
  id: string
  name: string
  /** Attempts that its schedule promises for one round. */
  attempts: number
  /** When it had a limit: at most `limit` requests in any `perMs`. */
  limits: { limit: number; perMs: number; fromMs: number; toMs: number }[]
  /** Whether it was ever paused, so that events for it may be `skipped`. */
  wasPaused: boolean
  isPaused: boolean
}

/** An event and the webhooks (ids) that must have a delivery of it. */
export type Accepted = { event: string; webhooks: string[] }

/** A request as its receiver saw it. */
export type Request = {
  webhook: string
  event: string
  delivery: string
  attempt: number
  atMs: number
  /** When it was answered, or its sender went away; Infinity while neither has happened. */
  endedMs: number
  /** 0 where the sender went away without an answer. */
  status: number
}

export type Part = 'herald A' | 'herald B' | 'Temporal' | 'MongoDB'
/** A kill -9: asked for at `fromMs`, dead at `goneMs`, ready again at `upMs`. */
export type Fault = { part: Part; fromMs: number; goneMs: number; upMs: number }

/** What somebody asked for, whether or not the answer came: each may begin one more round of the deliveries it names. */
export type Ask = {
  kind: 'redeliver' | 'rerun' | 'replay' | 'reset' | 'cancel'
  atMs: number
  /** When it was answered, or given up; until then a replay takes what has come. Infinity while it is under way. */
  untilMs: number
} & ({ delivery: string } | { event: string } | { webhook: string; fromMs: number })

export type Row = {
  id: string
  event: string
  webhook: string
  state: string
  reason?: string | undefined
  /** Number of the last attempt that was begun. */
  attempts: number
  /** Failures of this round that count. */
  failures: number
  round: number
  workflow: string
  replay?: string | undefined
  createdMs: number
}

export type AttemptRecord = {
  delivery: string
  number: number
  /** And its error code, for those who read the report. */
  outcome: string
  /** Sent twice under this number, since a reused connection was closed before any byte of an answer. */
  reconnected: boolean
}

/** A fact that must hold, and where it did not. */
export type Verdict = { name: string; seen: string; wrong: string[] }

const OWED = ['pending', 'held', 'retrying']

/** Whether herald still owes the receiver something. */
export function isOwed(row: Pick<Row, 'state'>): boolean {
  return OWED.includes(row.state)
}

/** What belongs together, by this key, in the order in which it came. */
export function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const key = keyOf(one)
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return groups
}

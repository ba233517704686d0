/** Where events are posted, and how they look; `__ID__` in `event` is the event's id. */
export type Target = {
  url: string
  headers: Record<string, string>
  /** A request's body is `before`, its events with commas between, `after`. */
  before: string
  event: string
  after: string
  /** The statuses that mean accepted. */
  okStatus: number[]
}

/**
 * `closed`: each connection posts again as soon as it has its answer, until the time is over or that many requests were
 * made. `open`: a request is due at each beat whatever the answers do, while a connection is free.
 */
export type Pace =
  | { kind: 'closed'; connections: number; seconds: number; requests?: number }
  | { kind: 'open'; perSecond: number; seconds: number; connections: number }

export type LoadPlan = { target: Target; prefix: string; eventsPerRequest: number; pace: Pace }

/** What became of each event, by its number. Epoch milliseconds. */
export type LoadLog = {
  /** When it was posted; in an open loop when it was due, so that a late generator is not taken for a fast service. */
  postedAtMs: Float64Array
  /** When its answer came; 0 without one. */
  answeredAtMs: Float64Array
  /** The status of its answer; 0 where its connection failed. */
  status: Uint16Array
  /** Events that were due while no connection was free. */
  unsent: number
}

/** How the receiver answers: that many of ten events get a 500 at their first attempt, the others a 200. */
export type AnswerRule = { failingTenths: number }

/** What the receiver got of one run: one entry a request. */
export type ReceiptLog = {
  event: Uint32Array
  /** The number at the end of the path, `/hook/17`: which webhook it came through. */
  hook: Uint16Array
  atMs: Float64Array
  status: Uint16Array
  /** Requests that belong to no event of the run. */
  foreign: number
}

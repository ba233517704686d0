import { type Failure, PostFailure } from './failure.ts'
import type { Pauses } from './pauses.ts'
import { startTimeLimit } from './time-limit.ts'

/** How long a process that was stopped at the deadline still listens for the answer. */
const GRACE_MS = 250
const GIVEN_UP: Failure = { code: 'unknown', detail: 'given up before the receiver answered' }

/** The end of an attempt: when its time is over, when somebody gives it up, or by a failure that herald finds itself. */
export class Deadline {
  readonly late: Failure
  private readonly ending = new AbortController()
  private readonly atMs: number
  private readonly pauses: Pauses
  private readonly giveUp = () => this.end(GIVEN_UP)
  private readonly given: AbortSignal | undefined
  private takeBack: () => void

  constructor(timeoutMs: number, pauses: Pauses, given?: AbortSignal) {
    this.late = { code: 'timeout', detail: `no answer within ${timeoutMs} ms` }
    this.atMs = performance.now() + timeoutMs
    this.pauses = pauses
    this.given = given
    this.takeBack = startTimeLimit(timeoutMs, () => this.reached(timeoutMs))
    given?.addEventListener('abort', this.giveUp, { once: true })
    if (given?.aborted) this.giveUp()
  }

  /** Aborts with a PostFailure; after a pause of the process a moment after the time is over, so that an answer is heard. */
  get signal(): AbortSignal {
    return this.ending.signal
  }

  /** Whether a request that has not left must not leave any more. */
  get isOver(): boolean {
    return this.signal.aborted || performance.now() >= this.atMs
  }

  end(failure: Failure): void {
    this.ending.abort(new PostFailure(failure))
  }

  /** The attempt has ended; nothing is left behind. */
  clear(): void {
    this.takeBack()
    this.given?.removeEventListener('abort', this.giveUp)
  }

  private reached(timeoutMs: number): void {
    const end = () => this.end(this.late)
    if (this.pauses.since(this.atMs - timeoutMs)) this.takeBack = startTimeLimit(GRACE_MS, end)
    else end()
  }
}

import type { Tasks } from '../process/thread.ts'
import { FairQueue } from './fair-queue.ts'
import { type Job, type Outcome, ThreadHandle } from './thread-handle.ts'

const THREADS_MAX = 2
/** A thread ends by itself most of what takes too long. */
const GRACE_MS = 400
/** A thread that holds more is replaced: libraries remember what they have seen. */
const HEAP_MAX_BYTES = 64 * 1_048_576
/** Starts in a row that fail before those who wait are told. */
const FAILED_STARTS_MAX = 3

type Name = keyof Tasks
type InputOf<Of extends Name> = Parameters<Tasks[Of]>[0]
type ValueOf<Of extends Name> = ReturnType<Tasks[Of]>

export type Ask<Of extends Name> = {
  input: InputOf<Of>
  /** What several jobs in a row are about: it goes to a thread once while it is the same object. */
  shared?: Parameters<Tasks[Of]>[1]
  /** Whose turn it uses. */
  owner: string
  limitMs: number
  /** What the thread may need beside that, before it is ended. */
  graceMs?: number
  /** How long it waits for its turn; without end if absent. */
  patienceMs?: number
}

/** Nothing came of a job: its turn did not come in time. It would be worth another try. */
type Busy = { kind: 'busy'; tookMs: 0 }
const BUSY: Busy = { kind: 'busy', tookMs: 0 }

type Waiting = {
  job: Job
  settle: (outcome: Outcome<unknown> | Busy) => void
  fail: (e: Error) => void
}

/**
 * Runs what strangers wrote (filters, schemas) in a few threads with limits of time and memory, so that nothing of it can
 * stop the event loop. They start when they are needed.
 */
export class ThreadPool {
  private readonly queue = new FairQueue<Waiting>()
  private readonly idle: ThreadHandle[] = []
  private readonly all = new Set<ThreadHandle>()
  private failedStarts = 0
  /** Threads that are there even if nobody needs them now: one starts slowly. */
  private least = 0

  /**
   * What came of a task. A job that takes too long or too much memory is an outcome, never a throw: it would do so again.
   * Throws only where no thread can be started.
   */
  async run<Of extends Name>(task: Of, ask: Ask<Of>): Promise<Outcome<ValueOf<Of>> | Busy> {
    const { owner, input, limitMs, shared, graceMs = GRACE_MS, patienceMs } = ask
    let late: NodeJS.Timeout | undefined
    const outcome = new Promise<Outcome<unknown> | Busy>((settle, fail) => {
      const waiting = { job: { task, input, limitMs, graceMs, shared }, settle, fail }
      this.queue.add(owner, waiting)
      const giveUp = () => this.queue.remove(owner, waiting) && settle(BUSY)
      if (patienceMs !== undefined) late = setTimeout(giveUp, patienceMs)
    })
    this.assign()
    return (await outcome.finally(() => clearTimeout(late))) as Outcome<ValueOf<Of>> | Busy
  }

  /** Has a thread ready from now on, so that the first one who needs it does not wait for its start. */
  keepReady(): void {
    this.least = 1
    this.assign()
  }

  /** Ends all threads. */
  close(): void {
    this.least = 0
    for (const thread of this.all) thread.end()
    this.all.clear()
    this.idle.length = 0
  }

  private assign(): void {
    while (!this.queue.isEmpty) {
      const thread = this.idle.pop()
      if (!thread) break
      const waiting = this.queue.take()
      if (waiting) void this.work(thread, waiting)
    }
    const wanted = this.queue.isEmpty ? this.least : THREADS_MAX
    if (this.all.size < wanted) void this.start()
  }

  private async work(thread: ThreadHandle, { job, settle }: Waiting): Promise<void> {
    const { outcome, heapBytes, isEnded } = await thread.run(job)
    if (isEnded || heapBytes > HEAP_MAX_BYTES) {
      thread.end()
      this.forget(thread)
    } else if (this.all.has(thread)) this.idle.push(thread)
    settle(outcome)
    this.assign()
  }

  private async start(): Promise<void> {
    const thread = new ThreadHandle()
    this.all.add(thread)
    void thread.ended.then(() => this.forget(thread))
    try {
      await thread.ready
      this.failedStarts = 0
      this.idle.push(thread)
    } catch (error) {
      this.forget(thread)
      this.failedStarts += 1
      if (this.failedStarts >= FAILED_STARTS_MAX) return this.giveUp(error as Error)
    }
    this.assign()
  }

  private forget(thread: ThreadHandle): void {
    this.all.delete(thread)
    const at = this.idle.indexOf(thread)
    if (at >= 0) this.idle.splice(at, 1)
  }

  /** Whoever waits now is told; who comes later makes it try again. */
  private giveUp(error: Error): void {
    this.failedStarts = 0
    for (let waiting = this.queue.take(); waiting; waiting = this.queue.take()) waiting.fail(error)
  }
}

/** The threads of this process. */
export const threads = new ThreadPool()

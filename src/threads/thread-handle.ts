import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Asked, Said } from './messages.ts'

const START_MS = 30_000
const LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }

/** What came of a job. A thread that had to be ended is an outcome as well: the job was too much for it. */
export type Outcome<Value> =
  | { kind: 'done'; value: Value; tookMs: number }
  | { kind: 'cut'; why: 'time' | 'memory' | 'error'; tookMs: number }

/** `graceMs`: how much later than its limit the answer may come before the thread is ended. */
export type Job = Omit<Asked, 'shared'> & { graceMs: number; shared: object | undefined }
export type Finished = { outcome: Outcome<unknown>; heapBytes: number; isEnded: boolean }

/** One thread, which does one job at a time, and can be ended in the middle of it. */
export class ThreadHandle {
  /** Resolves when it can take a job; rejects where it cannot be started. */
  readonly ready: Promise<void>
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>
  private readonly worker = newWorker()
  private lastShared: object | undefined
  private died: (why: 'time' | 'memory' | 'error') => void = () => undefined

  constructor() {
    const { worker } = this
    worker.unref()
    this.ended = new Promise((resolve) => worker.once('exit', () => resolve()))
    this.ready = new Promise((resolve, reject) => {
      const late = setTimeout(() => this.end(), START_MS).unref()
      const over = (cause?: unknown) => {
        clearTimeout(late)
        reject(new Error('a thread ended while it was starting', { cause }))
      }
      worker.once('message', () => {
        clearTimeout(late)
        resolve()
      })
      worker.on('error', (error) => {
        this.died(isOutOfMemory(error) ? 'memory' : 'error')
        over(error)
      })
      worker.on('exit', () => {
        this.died('error')
        over()
      })
    })
  }

  /** Does a job, or ends in it. Never rejects. */
  run({ shared, graceMs, ...asked }: Job): Promise<Finished> {
    const { worker } = this
    const began = performance.now()
    worker.ref()
    return new Promise((resolve) => {
      const finish = (finished: Finished) => {
        clearTimeout(late)
        worker.off('message', answered)
        this.died = () => undefined
        worker.unref()
        resolve(finished)
      }
      const answered = (said: Said) => {
        if (said.kind !== 'ready')
          finish({ outcome: outcomeOf(said), heapBytes: said.heapBytes, isEnded: false })
      }
      this.died = (why) => {
        this.end()
        const outcome = { kind: 'cut', why, tookMs: performance.now() - began } as const
        finish({ outcome, heapBytes: 0, isEnded: true })
      }
      // an answer may be there already where it was this process that had no time
      const late = setTimeout(() => setImmediate(() => this.died('time')), asked.limitMs + graceMs)
      worker.on('message', answered)
      const isKnown = shared === undefined || shared === this.lastShared
      worker.postMessage(isKnown ? asked : { ...asked, shared })
      if (shared !== undefined) this.lastShared = shared
    })
  }

  /** Ends it wherever it is. */
  end(): void {
    void this.worker.terminate()
  }
}

function outcomeOf(said: Exclude<Said, { kind: 'ready' }>): Outcome<unknown> {
  const { tookMs } = said
  if (said.kind === 'done') return { kind: 'done', value: said.value, tookMs }
  return { kind: 'cut', why: said.kind === 'late' ? 'time' : 'error', tookMs }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}

/** The built file as it is, without this process' environment; the TypeScript one by the loader of the development set-up. */
function newWorker(): Worker {
  const extension = extname(fileURLToPath(import.meta.url))
  const file = new URL(`../process/thread${extension}`, import.meta.url)
  if (extension === '.js')
    return new Worker(file, { env: {}, execArgv: [], resourceLimits: LIMITS })
  const [loader, entry] = [import.meta.resolve('tsx/esm/api'), file.href].map((url) =>
    JSON.stringify(url),
  )
  const start = `import(${loader}).then((tsx) => tsx.register()).then(() => import(${entry}))`
  return new Worker(start, { eval: true, execArgv: [], resourceLimits: LIMITS })
}

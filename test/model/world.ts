import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTick } from 'node:timers/promises'

/** A process of herald in the model: what it waits for stands still while it is stopped, and is gone once it is dead. */
export class Host {
  state: 'alive' | 'stopped' | 'dead' = 'alive'
  /** It was stopped or killed at some time: what it had in hand may have been taken from it. */
  wasTroubled = false
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** The process whose code is running; the model's own code runs in none. */
export const currentHost = new AsyncLocalStorage<Host>()

type Step = { atMs: number; host: Host | undefined; run: () => unknown }

const BEGIN_MS = Date.UTC(2030, 0, 1)
const TRACE_MOST = 4_000

/**
 * Time and chance of one run of the model. All that the code waits for is a step: a timer, an answer of MongoDB, of Temporal
 * or of a receiver. Steps are taken one at a time, those that are due in an order that the seed decides, and time passes only
 * when none is due; so a seed brings back the same interleaving.
 */
export class World {
  nowMs = BEGIN_MS
  count = 0
  /** Told of every new time. */
  timeCame = (_nowMs: number) => {}
  private broken: { error: unknown } | undefined
  private readonly steps = new Set<Step>()
  private readonly trace: string[] = []
  private added = 0
  private state: number

  constructor(seed: number) {
    this.state = seed
  }

  /** From 0 to less than 1 (mulberry32). */
  random(): number {
    this.state = (this.state + 0x6d_2b_79_f5) | 0
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1))
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.random() * list.length)]
  }

  /** Takes this step after a while, on behalf of a process if one is named. Gives what calls it off. */
  later(ms: number, run: () => unknown, host?: Host): () => void {
    const step = { atMs: this.nowMs + Math.max(ms, 0), host, run }
    this.steps.add(step)
    this.added += 1
    return () => void this.steps.delete(step)
  }

  /** Resolves after a while, with what the step gives. */
  step<T>(ms: number, run: () => T | Promise<T>, host?: Host): Promise<T> {
    return new Promise((resolve, reject) => {
      this.later(ms, async () => await Promise.resolve().then(run).then(resolve, reject), host)
    })
  }

  /** The run is over: whoever lets time pass gets this error. */
  breaks(error: unknown): void {
    this.broken ??= { error }
  }

  /** Lets this much time pass, or less where it is over before. Throws what broke the run. */
  async run(forMs: number, isOver = () => false): Promise<void> {
    const endMs = this.nowMs + forMs
    for (;;) {
      await this.settle()
      if (this.broken) throw this.broken.error
      if (isOver()) return
      const step = this.next(endMs)
      if (!step) break
      this.steps.delete(step)
      this.count += 1
      this.goTo(step.atMs)
      if (step.host?.state === 'dead') continue
      try {
        await step.run()
      } catch (error) {
        this.breaks(error)
      }
    }
    this.goTo(endMs)
  }

  /** Nothing that is waited for comes any more. */
  end(): void {
    this.steps.clear()
  }

  note(text: string): void {
    this.trace.push(`${((this.nowMs - BEGIN_MS) / 1_000).toFixed(3)} ${text}`)
    if (this.trace.length > TRACE_MOST) this.trace.shift()
  }

  /** What happened, the latest last; only what mentions one of these, if any are given. */
  story(...about: string[]): string[] {
    return this.trace.filter(
      (line) => about.length === 0 || about.some((one) => line.includes(one)),
    )
  }

  private goTo(ms: number): void {
    if (ms <= this.nowMs) return
    this.nowMs = ms
    this.timeCame(ms)
  }

  private next(endMs: number): Step | undefined {
    let due: Step[] = []
    let dueMs = Infinity
    for (const step of this.steps) {
      if (step.host?.state === 'stopped') continue
      const atMs = Math.max(step.atMs, this.nowMs)
      if (atMs > endMs || atMs > dueMs) continue
      if (atMs < dueMs) due = []
      dueMs = atMs
      due.push(step)
    }
    return this.pick(due)
  }

  /** Lets the code go on until all of it waits for a step. It waits for nothing else but the end of an event loop's turn. */
  private async settle(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet++) {
      const before = this.added
      await nextTick()
      if (this.added !== before) quiet = -1
    }
  }
}

import { open } from 'node:fs/promises'

/** Milliseconds since a moment that all processes of a run know, fractions kept. */
export const preciseNow = () => performance.timeOrigin + performance.now()

/** An operation as Jepsen's tools read it. `time`: nanoseconds since the run began. */
export type Operation = {
  time: number
  /** One thing at a time each, and none goes on after an `info`; what hurts the system is `nemesis`. */
  process: number | 'nemesis'
  type: 'invoke' | 'ok' | 'fail' | 'info'
  f: 'webhook' | 'publish' | 'receive' | 'cancel' | 'final' | 'fault'
  value: Record<string, unknown>
}

/** What a part is to the service under test, for the judge: only some of them explain a duplicate. */
export type Role = 'sender' | 'store' | 'engine' | 'receiver' | 'way in'

export const nanoseconds = (ms: number) => Math.round(ms * 1e6)

/** A file of operations; what was appended is on disk (fdatasync) once `append` has resolved. */
export class Ledger {
  private waiting: string[] = []
  private flushing: Promise<void> | undefined
  private readonly file: Awaited<ReturnType<typeof open>>
  readonly originMs: number

  private constructor(file: Awaited<ReturnType<typeof open>>, originMs: number) {
    this.file = file
    this.originMs = originMs
  }

  static async open(path: string, originMs: number): Promise<Ledger> {
    return new Ledger(await open(path, 'a', 0o600), originMs)
  }

  async append(operation: Omit<Operation, 'time'>): Promise<void> {
    const time = nanoseconds(preciseNow() - this.originMs)
    this.waiting.push(`${JSON.stringify({ time, ...operation })}\n`)
    await this.flushing // that one may have begun before this line was there
    if (this.waiting.length > 0) this.flushing ??= this.flush()
    await this.flushing
  }

  async close(): Promise<void> {
    await this.flushing
    await this.file.close()
  }

  private async flush(): Promise<void> {
    const lines = this.waiting
    this.waiting = []
    await this.file.appendFile(lines.join(''))
    await this.file.datasync()
    this.flushing = undefined
  }
}

/** The operations of these files, oldest first. A last line that a kill has cut is left out. */
export function mergeHistories(texts: readonly string[]): Operation[] {
  const whole = texts.flatMap((text) => text.slice(0, text.lastIndexOf('\n') + 1).split('\n'))
  const operations = whole.filter(Boolean).map((line) => JSON.parse(line) as Operation)
  return operations.toSorted((a, b) => a.time - b.time)
}

/** As a file of JSON lines. */
export function historyText(operations: readonly Operation[]): string {
  return operations
    .map((operation, index) => `${JSON.stringify({ index, ...operation })}\n`)
    .join('')
}

import { preciseNow } from '../../src/clock.ts'
import { DIGITS, readNumber } from './event-id.ts'
import type { AnswerRule, ReceiptLog } from './plan.ts'

const PATH = Buffer.from('/hook/')
const HOOK_DIGITS = 5
/** The path is in the first line. */
const PATH_WITHIN = 64

/** Notes every request of one run and says how it is answered. */
export class Receipts {
  private readonly prefix: Buffer
  private readonly rule: AnswerRule
  private readonly event: number[] = []
  private readonly hook: number[] = []
  private readonly atMs: number[] = []
  private readonly status: number[] = []
  private readonly failed = new Set<number>()
  private readonly done = new Set<number>()
  private foreign = 0

  constructor(prefix: string, rule: AnswerRule) {
    this.prefix = Buffer.from(prefix)
    this.rule = rule
  }

  /** The status that the request between these bytes gets. The id is looked for in all of it: services name it differently. */
  receive(bytes: Buffer, from: number, end: number): number {
    const at = bytes.indexOf(this.prefix, from)
    if (at < 0 || at + this.prefix.length + DIGITS > end) {
      this.foreign += 1
      return 200
    }
    const event = readNumber(bytes, at + this.prefix.length)
    const path = bytes.subarray(from, from + PATH_WITHIN).indexOf(PATH)
    const hook = path < 0 ? 0 : readNumber(bytes, from + path + PATH.length, HOOK_DIGITS) || 0
    return this.note(event, hook)
  }

  /** Deliveries that were answered 200 so far, each counted once. */
  delivered(): number {
    return this.done.size
  }

  log(): ReceiptLog {
    return {
      event: Uint32Array.from(this.event),
      hook: Uint16Array.from(this.hook),
      atMs: Float64Array.from(this.atMs),
      status: Uint16Array.from(this.status),
      foreign: this.foreign,
    }
  }

  private note(event: number, hook: number): number {
    const delivery = event * 10 ** HOOK_DIGITS + hook
    const isToFail = event % 10 < this.rule.failingTenths && !this.failed.has(delivery)
    if (isToFail) this.failed.add(delivery)
    else this.done.add(delivery)
    const status = isToFail ? 500 : 200
    this.event.push(event)
    this.hook.push(hook)
    this.atMs.push(preciseNow())
    this.status.push(status)
    return status
  }
}

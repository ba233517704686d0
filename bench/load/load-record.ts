import { preciseNow } from '../../src/clock.ts'
import type { LoadLog } from './plan.ts'

/** Keeps what became of the events while a load runs; those of one request share their times. */
export class LoadRecord {
  private readonly eventsPerRequest: number
  private readonly postedAtMs: number[] = []
  private readonly answeredAtMs: number[] = []
  private readonly status: number[] = []
  private unsentRequests = 0

  constructor(eventsPerRequest: number) {
    this.eventsPerRequest = eventsPerRequest
  }

  /** Notes a request and gives its number. */
  posted(atMs: number): number {
    this.answeredAtMs.push(0)
    this.status.push(0)
    return this.postedAtMs.push(atMs) - 1
  }

  answered(request: number, status: number): void {
    this.status[request] = status
    if (status !== 0) this.answeredAtMs[request] = preciseNow()
  }

  unsent(): void {
    this.unsentRequests += 1
  }

  log(): LoadLog {
    const each = (values: number[]) =>
      values.flatMap((value) => Array<number>(this.eventsPerRequest).fill(value))
    return {
      postedAtMs: Float64Array.from(each(this.postedAtMs)),
      answeredAtMs: Float64Array.from(each(this.answeredAtMs)),
      status: Uint16Array.from(each(this.status)),
      unsent: this.unsentRequests * this.eventsPerRequest,
    }
  }
}

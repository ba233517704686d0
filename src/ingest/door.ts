import { IngestUnavailable } from './types.ts'

type Waiter = { enter: () => void; timer: NodeJS.Timeout }

/**
 * Keeps requests waiting, in their order, while too many accepted events are unattempted: senders that wait for their
 * answers slow down by themselves, which costs less than to refuse them.
 */
export class Door {
  private readonly waiting = new Set<Waiter>()
  private readonly room: () => number
  private readonly now: () => number

  /** `room` says how many events may come in at the moment. */
  constructor(room: () => number, now: () => number) {
    this.room = room
    this.now = now
  }

  /** Resolves when there is room; at once where there is. Throws IngestUnavailable at the deadline. */
  async enter(deadlineAtMs: number): Promise<void> {
    if (this.waiting.size === 0 && this.room() > 0) return
    await new Promise<void>((resolve, reject) => {
      const refuse = () => {
        this.waiting.delete(waiter)
        reject(new IngestUnavailable('Too many accepted events wait for their first attempt.'))
      }
      const timer = setTimeout(refuse, Math.max(0, deadlineAtMs - this.now()))
      const waiter: Waiter = { enter: resolve, timer }
      this.waiting.add(waiter)
    })
  }

  /** To be called when there may be room again: as many come in as there is room for. */
  open(): void {
    let room = this.room()
    for (const waiter of this.waiting) {
      if (room <= 0) return
      room -= 1
      clearTimeout(waiter.timer)
      this.waiting.delete(waiter)
      waiter.enter()
    }
  }
}

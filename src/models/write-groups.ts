import { setImmediate as nextTick } from 'node:timers/promises'

/** What is urgent leaves this soon, beside groups that MongoDB is slow with; at once beside one of them. */
const LEAVES_MS = 5
/** More at once would only wait in MongoDB, and hold in memory what they write. */
const UNDER_WAY_MAX = 8

/** What waits to be written together. */
export type Gathered<Write> = {
  /** The next group; empty only where nothing waits. */
  take: () => Write[]
  /** Writes a group and tells each caller what became of its own write. Never rejects. */
  write: (group: Write[]) => Promise<void>
  /** Whether something waits that must not wait for the group before it. */
  isUrgent: () => boolean
}

/**
 * Sends gathered writes to MongoDB in groups: while one is under way the next gathers, so groups are of one when herald is
 * idle and grow as load grows. What is urgent waits for no other group: what was sent and is not on record is sent again
 * after a crash (docs/event-flow.md).
 */
export class WriteGroups<Write> {
  private readonly gathered: Gathered<Write>
  private running: Promise<void> | undefined
  private hurrying: NodeJS.Timeout | undefined
  private underWay = 0

  constructor(gathered: Gathered<Write>) {
    this.gathered = gathered
  }

  /** Something waits. */
  wake(): void {
    this.running ??= this.run()
    if (this.gathered.isUrgent()) this.hurry()
  }

  private async run(): Promise<void> {
    await nextTick() // what this turn of the event loop still adds shares the first group
    for (let group = this.gathered.take(); group.length > 0; group = this.gathered.take()) {
      await this.write(group)
    }
    this.running = undefined
  }

  private hurry(): void {
    const waitMs = this.underWay < 2 ? 0 : LEAVES_MS
    this.hurrying ??= setTimeout(() => {
      this.hurrying = undefined
      if (!this.gathered.isUrgent()) return
      if (this.underWay < UNDER_WAY_MAX) void this.write(this.gathered.take())
      if (this.gathered.isUrgent()) this.hurry()
    }, waitMs)
  }

  private async write(group: Write[]): Promise<void> {
    this.underWay += 1
    await this.gathered.write(group)
    this.underWay -= 1
  }
}

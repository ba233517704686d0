import { setImmediate as nextTick } from 'node:timers/promises'
import mongoose, { type Model } from 'mongoose'
import { patiently } from './patience.ts'

const MAX_OPERATIONS = 1_000

type Operation<T extends object> = mongoose.mongo.AnyBulkWriteOperation<T>

type Waiting<T extends object> = {
  operation: Operation<T>
  resolve: (allMatched: boolean) => void
  reject: (error: unknown) => void
}

/**
 * Groups single writes of one collection into bulkWrites: while one is under way the next gathers, so
 * groups are of one when herald is idle and grow as load grows (start.md: single inserts 500/s, bulk 3,000/s).
 * Operations must be idempotent: a bulkWrite whose answer was lost is sent again until MongoDB answers.
 */
export class BulkWriter<T extends object> {
  private waiting: Waiting<T>[] = []
  private running: Promise<void> | undefined
  private readonly model: Model<T>

  constructor(model: Model<T>) {
    this.model = model
  }

  /**
   * Resolves when the write is durable; true if every operation of its group found its document
   * (false: look at your own). Rejects with what MongoDB said of this operation.
   */
  write(operation: Operation<T>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ operation, resolve, reject })
      this.running ??= this.run()
    })
  }

  private async run(): Promise<void> {
    await nextTick() // what this turn of the event loop still adds shares the first group
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, MAX_OPERATIONS)
      await this.flush(group)
    }
    this.running = undefined
  }

  private async flush(group: Waiting<T>[]): Promise<void> {
    const operations = group.map((one) => one.operation)
    try {
      const result = await patiently(() =>
        nativeCollection(this.model).bulkWrite(operations, { ordered: false }),
      )
      const found = result.matchedCount + result.upsertedCount + result.insertedCount
      for (const one of group) one.resolve(found === group.length)
    } catch (error) {
      settleFailed(group, error)
    }
  }
}

/** The driver's collection: mongoose would cast every operation of the hot path again. */
function nativeCollection<T extends object>(model: Model<T>): mongoose.mongo.Collection<T> {
  return model.collection as unknown as mongoose.mongo.Collection<T>
}

/**
 * An unordered bulkWrite has carried out the operations that its error does not name; an error that names none is about
 * the whole.
 */
function settleFailed<T extends object>(group: Waiting<T>[], error: unknown): void {
  const named =
    error instanceof mongoose.mongo.MongoBulkWriteError ? [error.writeErrors].flat() : []
  const byIndex = new Map(named.map((one) => [one.index, one]))
  for (const [index, one] of group.entries()) {
    if (byIndex.size === 0 || byIndex.has(index)) one.reject(byIndex.get(index) ?? error)
    else one.resolve(false)
  }
}

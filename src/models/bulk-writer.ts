import mongoose, { type Model } from 'mongoose'
import { patiently } from './patience.ts'
import { WriteGroups } from './write-groups.ts'

const MAX_OPERATIONS = 1_000

type Operation<T extends object> = mongoose.mongo.AnyBulkWriteOperation<T>
/** `soon` goes before all that is not, however much of that waits. */
export type Urgency = 'soon' | 'later'
/** `applied`: it found its document; `unclear`: MongoDB told of its group only, so its caller looks for itself. */
export type Written = 'applied' | 'unclear'

type Waiting<T extends object> = {
  operation: Operation<T>
  resolve: (written: Written) => void
  reject: (error: unknown) => void
}

/**
 * Groups single writes of one collection into bulkWrites. Operations must be idempotent: a bulkWrite whose answer was lost
 * is sent again until MongoDB answers.
 */
export class BulkWriter<T extends object> {
  private readonly waiting: Record<Urgency, Waiting<T>[]> = { soon: [], later: [] }
  private readonly groups = new WriteGroups<Waiting<T>>({
    take: () => this.take(),
    write: (group) => this.flush(group),
    isUrgent: () => this.waiting.soon.length > 0,
  })
  private readonly model: Model<T>
  private readonly groupMax: number

  /** Small groups let what is urgent go sooner, large ones cost less. */
  constructor(model: Model<T>, groupMax = MAX_OPERATIONS) {
    this.model = model
    this.groupMax = groupMax
  }

  /** Resolves when the write is durable. Rejects with what MongoDB said of this operation, and of no other. */
  write(operation: Operation<T>, urgency: Urgency = 'later'): Promise<Written> {
    return new Promise((resolve, reject) => {
      this.waiting[urgency].push({ operation, resolve, reject })
      this.groups.wake()
    })
  }

  private take(): Waiting<T>[] {
    const { soon, later } = this.waiting
    return (soon.length > 0 ? soon : later).splice(0, this.groupMax)
  }

  private async flush(group: Waiting<T>[]): Promise<void> {
    const operations = group.map((one) => one.operation)
    try {
      const result = await patiently(() =>
        nativeCollection(this.model).bulkWrite(operations, { ordered: false }),
      )
      const found = result.matchedCount + result.upsertedCount + result.insertedCount
      for (const one of group) one.resolve(found === group.length ? 'applied' : 'unclear')
    } catch (error) {
      await this.settleFailed(group, error)
    }
  }

  /**
   * An unordered bulkWrite has carried out the operations that its error does not name. An error that names none is about
   * something in the group: halves find it, so that it costs no other operation.
   */
  private async settleFailed(group: Waiting<T>[], error: unknown): Promise<void> {
    const named =
      error instanceof mongoose.mongo.MongoBulkWriteError ? [error.writeErrors].flat() : []
    const byIndex = new Map(named.map((one) => [one.index, one]))
    if (byIndex.size === 0 && group.length > 1) {
      const half = Math.ceil(group.length / 2)
      await this.flush(group.slice(0, half))
      await this.flush(group.slice(half))
      return
    }
    for (const [index, one] of group.entries()) {
      if (byIndex.size === 0 || byIndex.has(index)) one.reject(byIndex.get(index) ?? error)
      else one.resolve('unclear')
    }
  }
}

/** The driver's collection: mongoose would cast every operation of the hot path again. */
function nativeCollection<T extends object>(model: Model<T>): mongoose.mongo.Collection<T> {
  return model.collection as unknown as mongoose.mongo.Collection<T>
}

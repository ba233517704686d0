import type { Models } from '../connect.ts'
import { insertDocuments, isThere, refusalError } from '../insert.ts'
import { patiently } from '../patience.ts'
import { WriteGroups } from '../write-groups.ts'
import type { DeliveryDocument } from './document.ts'
import type { Records } from './records.ts'

/** Rows that are stored together, and the characters of their bodies. */
const GROUP_MAX = 500
const GROUP_BYTES = 4_000_000

type Stored = 'stored' | 'there'
type Waiting = {
  row: () => DeliveryDocument
  resolve: (stored: Stored) => void
  reject: (error: unknown) => void
}

type Made = Omit<Waiting, 'row'> & { row: DeliveryDocument }

/** New rows that are stored once their first attempt has been made: one write says all that there is to say of most. */
export class FirstRows {
  private readonly models: Models
  private readonly records: Records
  private waiting: Waiting[] = []
  private readonly groups = new WriteGroups<Made>({
    take: () => this.take(),
    write: (group) => this.store(group),
    isUrgent: () => this.waiting.length > 0,
  })

  constructor(models: Models, records: Records) {
    this.models = models
    this.records = records
  }

  /**
   * Stores a row with what its first attempt has come to so far, unless it is `there`: then somebody else stored it. The row
   * is made when its turn comes, since thousands of a wide event may wait, each with its body.
   */
  insert(row: () => DeliveryDocument): Promise<Stored> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ row, resolve, reject })
      this.groups.wake()
    })
  }

  private take(): Made[] {
    const group: Made[] = []
    let bytes = 0
    let taken = 0
    for (const { row, ...waiting } of this.waiting) {
      if (bytes >= GROUP_BYTES || taken === GROUP_MAX) break
      taken += 1
      try {
        const made = row()
        bytes += bytesOf(made)
        group.push({ row: made, ...waiting })
      } catch (error) {
        waiting.reject(error)
      }
    }
    this.waiting.splice(0, taken)
    return group.length === 0 && taken > 0 ? this.take() : group
  }

  private async store(group: Made[]): Promise<void> {
    try {
      const rows = group.map(({ row }) => row)
      const refusals = await patiently(() => insertDocuments(this.models.deliveries, rows))
      const refused = new Map(refusals.map((one) => [one.index, one]))
      for (const [index, { row, resolve, reject }] of group.entries()) {
        const refusal = refused.get(index)
        if (refusal && !isThere(refusal)) reject(refusalError(refusal))
        else resolve(refusal ? 'there' : 'stored')
        if (!refusal && row.state === 'delivered') this.records.markDelivered(row)
      }
    } catch (error) {
      await this.storeHalves(group, error)
    }
  }

  /** An error that names no row is about one of them: halves find it, so that it costs no other. */
  private async storeHalves(group: Made[], error: unknown): Promise<void> {
    const half = Math.ceil(group.length / 2)
    if (group.length === 1) return group[0]?.reject(error)
    await this.store(group.slice(0, half))
    await this.store(group.slice(half))
  }
}

function bytesOf({ body, log }: DeliveryDocument): number {
  return body.length + (log?.[0]?.response?.body.length ?? 0)
}

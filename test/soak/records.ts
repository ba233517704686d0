import mongoose from 'mongoose'
import { OPEN_STATES } from '../../src/delivery/types.ts'
import type { AttemptDocument } from '../../src/models/attempt.ts'
import type { DeliveryDocument } from '../../src/models/delivery.ts'
import type { AttemptRecord, Row } from './history.ts'
import { patiently } from './patience.ts'

const ROW = {
  event: 1,
  webhook: 1,
  state: 1,
  reason: 1,
  attempts: 1,
  failures: 1,
  round: 1,
  workflow: 1,
  replay: 1,
  createdAt: 1,
} as const
const ATTEMPT = { delivery: 1, number: 1, outcome: 1, code: 1, reconnected: 1 } as const

/** What MongoDB has on record, without bodies, read past herald; a MongoDB that is away for a while is waited for. */
export class Records {
  private readonly client: mongoose.mongo.MongoClient

  constructor(uri: string) {
    this.client = new mongoose.mongo.MongoClient(uri, { serverSelectionTimeoutMS: 5_000 })
  }

  /** All rows, or those of these webhooks. */
  async rows(webhooks?: string[]): Promise<Row[]> {
    const found = await this.find<DeliveryDocument>('deliveries', of(webhooks), ROW)
    return found.map(({ _id, createdAt, reason, ...row }) => ({
      ...row,
      id: _id,
      reason: reason?.code,
      createdMs: createdAt.getTime(),
    }))
  }

  async attempts(webhooks?: string[]): Promise<AttemptRecord[]> {
    const found = await this.find<AttemptDocument & { reconnected?: boolean }>(
      'attempts',
      of(webhooks),
      ATTEMPT,
    )
    return found.map(({ delivery, number, outcome, code, reconnected }) => ({
      delivery,
      number,
      outcome: code && code !== outcome ? `${outcome} (${code})` : outcome,
      reconnected: reconnected ?? false,
    }))
  }

  /** How much is owed to each webhook. */
  async owed(): Promise<Map<string, number>> {
    const states = { tenant: 'default', state: { $in: [...OPEN_STATES] } }
    const found = await this.find<DeliveryDocument>('deliveries', states, { webhook: 1 })
    const counts = new Map<string, number>()
    for (const { webhook } of found) counts.set(webhook, (counts.get(webhook) ?? 0) + 1)
    return counts
  }

  private find<T extends { _id: string }>(
    collection: string,
    filter: object,
    projection: Record<string, 1>,
  ): Promise<T[]> {
    const read = () =>
      this.client.db().collection(collection).find(filter, { projection }).toArray()
    return patiently(async () => (await read()) as unknown as T[])
  }

  close(): Promise<void> {
    return this.client.close()
  }
}

function of(webhooks: string[] | undefined) {
  return webhooks ? { webhook: { $in: webhooks } } : {}
}

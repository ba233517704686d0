import mongoose from 'mongoose'
import { OPEN_STATES } from '../../src/delivery/types.ts'
import type { AttemptDocument } from '../../src/models/attempt.ts'
import type { DeliveryDocument } from '../../src/models/delivery.ts'
import type { AttemptRecord, Row } from './history.ts'

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

/** What MongoDB has on record, without bodies, read past herald. */
export class Records {
  private readonly client: mongoose.mongo.MongoClient

  constructor(uri: string) {
    this.client = new mongoose.mongo.MongoClient(uri, { serverSelectionTimeoutMS: 5_000 })
  }

  /** All rows, or those of these webhooks. */
  async rows(webhooks?: string[]): Promise<Row[]> {
    const found = await this.client
      .db()
      .collection<DeliveryDocument>('deliveries')
      .find(of(webhooks), { projection: ROW })
      .toArray()
    return found.map(({ _id, createdAt, reason, ...row }) => ({
      ...row,
      id: _id,
      reason: reason?.code,
      createdMs: createdAt.getTime(),
    }))
  }

  async attempts(webhooks?: string[]): Promise<AttemptRecord[]> {
    const found = await this.client
      .db()
      .collection<AttemptDocument & { reconnected?: boolean }>('attempts')
      .find(of(webhooks), { projection: ATTEMPT })
      .toArray()
    return found.map(({ delivery, number, outcome, code, reconnected }) => ({
      delivery,
      number,
      outcome: code && code !== outcome ? `${outcome} (${code})` : outcome,
      reconnected: reconnected ?? false,
    }))
  }

  /** How much is owed to each webhook. */
  async owed(): Promise<Map<string, number>> {
    const found = await this.client
      .db()
      .collection<DeliveryDocument>('deliveries')
      .find({ tenant: 'default', state: { $in: [...OPEN_STATES] } }, { projection: { webhook: 1 } })
      .toArray()
    const counts = new Map<string, number>()
    for (const { webhook } of found) counts.set(webhook, (counts.get(webhook) ?? 0) + 1)
    return counts
  }

  close(): Promise<void> {
    return this.client.close()
  }
}

function of(webhooks: string[] | undefined) {
  return webhooks ? { webhook: { $in: webhooks } } : {}
}

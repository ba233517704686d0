import mongoose from 'mongoose'
import { OPEN_STATES } from '../../../src/delivery/types.ts'
import type { AttemptDocument } from '../../../src/models/deliveries/attempt.ts'
import type { DeliveryDocument } from '../../../src/models/deliveries/document.ts'
import type { AttemptRecord, Row } from './history.ts'
import { patiently } from '../patience.ts'

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
const LOG = { 'log.number': 1, 'log.outcome': 1, 'log.code': 1, 'log.reconnected': 1 } as const
type Recorded = Pick<AttemptDocument, 'number' | 'outcome' | 'code'> & { reconnected?: boolean }

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

  /** All attempts that have ended: the last ones of a delivery are on its row, those before in a collection of their own. */
  async attempts(webhooks?: string[]): Promise<AttemptRecord[]> {
    const [moved, rows] = await Promise.all([
      this.find<Recorded & { _id: string; delivery: string }>('attempts', of(webhooks), ATTEMPT),
      this.find<{ _id: string; log?: Recorded[] }>('deliveries', of(webhooks), LOG),
    ])
    const kept = rows.flatMap(({ _id, log = [] }) => log.map((one) => ({ ...one, delivery: _id })))
    return [...moved, ...kept].map(({ delivery, number, outcome, code, reconnected }) => ({
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

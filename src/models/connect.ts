import mongoose, { type Connection, type Model } from 'mongoose'
import { type ApiKeyDocument, apiKeySchema } from './access/api-key.ts'
import { type AttemptDocument, attemptSchema } from './deliveries/attempt.ts'
import { type AuditEntryDocument, auditEntrySchema } from './access/audit-entry.ts'
import { type DeliveryDocument, deliverySchema } from './deliveries/document.ts'
import { type EventDocument, eventSchema } from './event.ts'
import { type EventTypeDocument, eventTypeSchema } from './event-type.ts'
import { type FirstRunTokenDocument, firstRunTokenSchema } from './access/first-run-token.ts'
import {
  type IdempotentRequestDocument,
  idempotentRequestSchema,
} from './access/idempotent-request.ts'
import { type LaneRingDocument, laneRingSchema } from './webhooks/lane-ring.ts'
import { endWaitsOfClosedSockets } from './closed-sockets.ts'
import { patiently } from './patience.ts'
import { type ReplayDocument, replaySchema } from './replays/document.ts'
import { type ReplayCountDocument, replayCountSchema } from './replays/count.ts'
import { type ReplayPageDocument, replayPageSchema } from './replays/page.ts'
import { type SessionDocument, sessionSchema } from './access/session.ts'
import { type SettingsDocument, settingsSchema } from './settings.ts'
import { type ProblemMarkDocument, problemMarkSchema } from './problem-mark.ts'
import { type TallyDocument, tallySchema } from './tally.ts'
import { sealedWebhookSchema } from './webhooks/sealed.ts'
import { KeyRing } from '../vault/key-ring.ts'
import { TextVault } from '../vault/sealed-text.ts'
import type { WebhookDocument } from './webhooks/document.ts'

endWaitsOfClosedSockets()

/** An operation fails within seconds while the server is away; whoever must not fail tries again. */
const CONNECT_OPTIONS = {
  serverSelectionTimeoutMS: 1_500,
  heartbeatFrequencyMS: 1_000,
  connectTimeoutMS: 3_000,
  socketTimeoutMS: 20_000,
  maxPoolSize: 50,
  // a result leaves over a connection that is there: a new one costs round trips in which a kill would lose it
  minPoolSize: 8,
  // herald goes by what it wrote; a secondary may not have it yet
  readPreference: 'primary',
  // what is written is there after a power cut and a failover, whatever the URI says (`j` is its older name there)
  writeConcern: { w: 'majority', journal: true, j: true },
  bufferCommands: false,
  autoCreate: false,
  autoIndex: false,
} as const

export type Models = {
  connection: Connection
  /** Encrypts the webhooks' secrets; the models do it themselves. */
  vault: TextVault
  webhooks: Model<WebhookDocument>
  events: Model<EventDocument>
  deliveries: Model<DeliveryDocument>
  attempts: Model<AttemptDocument>
  apiKeys: Model<ApiKeyDocument>
  audit: Model<AuditEntryDocument>
  eventTypes: Model<EventTypeDocument>
  settings: Model<SettingsDocument>
  laneRings: Model<LaneRingDocument>
  replays: Model<ReplayDocument>
  replayPages: Model<ReplayPageDocument>
  replayCounts: Model<ReplayCountDocument>
  sessions: Model<SessionDocument>
  firstRunTokens: Model<FirstRunTokenDocument>
  tallies: Model<TallyDocument>
  problemMarks: Model<ProblemMarkDocument>
  idempotentRequests: Model<IdempotentRequestDocument>
}

/** Names the collections on a connection of its own (no global mongoose state); `openModels` connects it. */
export function defineModels(ring = new KeyRing([])): Models {
  const vault = new TextVault(ring)
  const connection = mongoose.createConnection()
  connection.set('strictQuery', 'throw')
  return {
    connection,
    vault,
    webhooks: connection.model<WebhookDocument>('Webhook', sealedWebhookSchema(vault)),
    events: connection.model<EventDocument>('Event', eventSchema),
    deliveries: connection.model<DeliveryDocument>('Delivery', deliverySchema),
    attempts: connection.model<AttemptDocument>('Attempt', attemptSchema),
    apiKeys: connection.model<ApiKeyDocument>('ApiKey', apiKeySchema),
    audit: connection.model<AuditEntryDocument>('AuditEntry', auditEntrySchema),
    eventTypes: connection.model<EventTypeDocument>('EventType', eventTypeSchema),
    settings: connection.model<SettingsDocument>('Settings', settingsSchema),
    laneRings: connection.model<LaneRingDocument>('LaneRing', laneRingSchema),
    replays: connection.model<ReplayDocument>('Replay', replaySchema),
    replayPages: connection.model<ReplayPageDocument>('ReplayPage', replayPageSchema),
    replayCounts: connection.model<ReplayCountDocument>('ReplayCount', replayCountSchema),
    sessions: connection.model<SessionDocument>('Session', sessionSchema),
    firstRunTokens: connection.model<FirstRunTokenDocument>('FirstRunToken', firstRunTokenSchema),
    tallies: connection.model<TallyDocument>('Tally', tallySchema),
    problemMarks: connection.model<ProblemMarkDocument>('ProblemMark', problemMarkSchema),
    idempotentRequests: connection.model<IdempotentRequestDocument>(
      'IdempotentRequest',
      idempotentRequestSchema,
    ),
  }
}

/** Connects, trying again until MongoDB answers, which the driver itself sees to from then on; `told` hears why it does not. */
export async function openModels(
  models: Models,
  uri: string,
  told: (error: unknown) => void = () => undefined,
): Promise<void> {
  await patiently(async () => {
    try {
      await models.connection.openUri(uri, CONNECT_OPTIONS)
    } catch (error) {
      told(error)
      throw error
    }
  })
}

/** Creates every index; does nothing where they are there. Part of `herald setup`. */
export async function createIndexes(models: Models): Promise<void> {
  for (const model of Object.values(models.connection.models)) {
    await model.createCollection()
    await model.createIndexes()
  }
}

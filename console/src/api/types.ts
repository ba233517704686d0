import type { z } from 'zod'
import type { auditEntrySchema } from '../../../src/api/access/audit.ts'
import type { apiKeySchema } from '../../../src/api/access/key-routes.ts'
import type { begunSchema, sessionSchema } from '../../../src/api/access/session-routes.ts'
import type { deliverySchema, deliverySummarySchema } from '../../../src/api/deliveries/shape.ts'
import type { matchSchema } from '../../../src/api/events/match-routes.ts'
import type { eventSummarySchema, storedEventSchema } from '../../../src/api/events/shape.ts'
import type { eventTypeViewSchema } from '../../../src/api/event-types/types.ts'
import type { egressSchema } from '../../../src/api/operate/egress.ts'
import type { readySchema } from '../../../src/api/operate/health.ts'
import type { owedSchema } from '../../../src/api/operate/owed.ts'
import type { seriesSchema } from '../../../src/api/operate/series.ts'
import type { settingsViewSchema } from '../../../src/api/operate/settings-routes.ts'
import type { problemSchema } from '../../../src/api/problems/routes.ts'
import type {
  replayCountSchema,
  replaySchema,
  replaySummarySchema,
} from '../../../src/api/replays/view.ts'
import type { plannedSchema, reachSchema, urlVerdictSchema } from '../../../src/api/webhooks/ask.ts'
import type { previewSchema } from '../../../src/api/webhooks/preview.ts'
import type { webhookInputSchema, webhookSchema } from '../../../src/api/webhooks/schema.ts'
import type { secretsSchema } from '../../../src/api/webhooks/secret-routes.ts'

// The shapes of the API are those of its route table: nothing is written twice, nothing is generated.
export type Session = z.output<typeof sessionSchema>
export type BegunSession = z.output<typeof begunSchema>
export type Webhook = z.output<typeof webhookSchema>
export type WebhookInput = z.input<typeof webhookInputSchema>
export type Secrets = z.output<typeof secretsSchema>
export type DeliverySummary = z.output<typeof deliverySummarySchema>
export type Delivery = z.output<typeof deliverySchema>
export type Attempt = Delivery['attempts'][number]
export type DeliveryState = DeliverySummary['state']
export type EventSummary = z.output<typeof eventSummarySchema>
export type StoredEvent = z.output<typeof storedEventSchema>
export type Match = z.output<typeof matchSchema>
export type Preview = z.output<typeof previewSchema>
export type EventType = z.output<typeof eventTypeViewSchema>
export type ReplaySummary = z.output<typeof replaySummarySchema>
export type Replay = z.output<typeof replaySchema>
export type ReplayCount = z.output<typeof replayCountSchema>
export type ApiKey = z.output<typeof apiKeySchema>
export type AuditEntry = z.output<typeof auditEntrySchema>
export type Settings = z.output<typeof settingsViewSchema>
export type Egress = z.output<typeof egressSchema>
export type Readiness = z.output<typeof readySchema>
export type Owed = z.output<typeof owedSchema>
export type Series = z.output<typeof seriesSchema>
export type Problem = z.output<typeof problemSchema>
export type UrlVerdict = z.output<typeof urlVerdictSchema>
export type Reach = z.output<typeof reachSchema>
export type PlannedAttempts = z.output<typeof plannedSchema>
export type Page<Row> = { data: Row[]; page: { next: string | null; prev: string | null } }

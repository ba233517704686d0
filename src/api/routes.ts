import { apiKeyRoutes } from './api-key-routes.ts'
import { auditRoutes } from './audit.ts'
import { codecRoutes } from './codec-routes.ts'
import { deliveryRoutes } from './delivery-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { eventTypeRoutes } from './event-type-routes.ts'
import { cancelRoutes } from './cancel-route.ts'
import { catalogueTransferRoutes } from './catalogue-transfer-routes.ts'
import { healthRoutes } from './health.ts'
import { ingestRoutes } from './ingest-routes.ts'
import { matchRoutes } from './match-routes.ts'
import { rerunRoutes } from './rerun-routes.ts'
import { replayRoutes } from './replay-routes.ts'
import type { Route } from './route.ts'
import { secretRoutes } from './secret-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { settingsRoutes } from './settings-routes.ts'
import { statsRoutes } from './stats.ts'
import { webhookPreviewRoutes } from './webhook-preview.ts'
import { webhookRoutes } from './webhook-routes.ts'
import { webhookTestRoutes } from './webhook-test-route.ts'

/** The API: every method and path with its role, schemas and handler. */
export const ROUTES: readonly Route[] = [
  ...ingestRoutes,
  ...eventRoutes,
  ...webhookPreviewRoutes, // before {id}, which matches its path
  ...matchRoutes, // so is this
  ...webhookRoutes,
  ...webhookTestRoutes,
  ...secretRoutes,
  ...deliveryRoutes,
  ...cancelRoutes,
  ...replayRoutes,
  ...catalogueTransferRoutes,
  ...eventTypeRoutes,
  ...settingsRoutes,
  ...apiKeyRoutes,
  ...auditRoutes,
  ...statsRoutes,
  ...healthRoutes,
  ...rerunRoutes,
  ...codecRoutes,
  ...sessionRoutes,
]

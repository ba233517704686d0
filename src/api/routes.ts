import { apiKeyRoutes } from './access/key-routes.ts'
import { auditRoutes } from './access/audit.ts'
import { codecRoutes } from './operate/codec-routes.ts'
import { deliveryRoutes } from './deliveries/routes.ts'
import { eventRoutes } from './events/routes.ts'
import { eventTypeRoutes } from './event-types/routes.ts'
import { cancelRoutes } from './deliveries/cancel.ts'
import { cancelManyRoutes } from './deliveries/cancel-many.ts'
import { countRoutes } from './deliveries/count.ts'
import { tailRoutes } from './deliveries/tail.ts'
import { catalogueTransferRoutes } from './event-types/transfer-routes.ts'
import { healthRoutes } from './operate/health.ts'
import { ingestRoutes } from './events/ingest-routes.ts'
import { matchRoutes } from './events/match-routes.ts'
import { rerunRoutes } from './events/rerun-routes.ts'
import { problemRoutes } from './problems/routes.ts'
import { egressRoutes } from './operate/egress.ts'
import { owedRoutes } from './operate/owed.ts'
import { seriesRoutes } from './operate/series.ts'
import { askRoutes } from './webhooks/ask.ts'
import { replayRoutes } from './replays/routes.ts'
import type { Route } from './http/route.ts'
import { secretRoutes } from './webhooks/secret-routes.ts'
import { sessionRoutes } from './access/session-routes.ts'
import { settingsRoutes } from './operate/settings-routes.ts'
import { statsRoutes } from './operate/stats.ts'
import { webhookPreviewRoutes } from './webhooks/preview.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { webhookTestRoutes } from './webhooks/test.ts'

/** The API: every method and path with its role, schemas and handler. */
export const ROUTES: readonly Route[] = [
  ...ingestRoutes,
  ...eventRoutes,
  ...webhookPreviewRoutes, // before {id}, which matches its path
  ...matchRoutes, // so is this
  ...askRoutes, // and these
  ...webhookRoutes,
  ...webhookTestRoutes,
  ...secretRoutes,
  ...countRoutes, // before {id}, which matches its path
  ...tailRoutes, // so is this
  ...cancelManyRoutes, // and this
  ...deliveryRoutes,
  ...cancelRoutes,
  ...replayRoutes,
  ...catalogueTransferRoutes,
  ...eventTypeRoutes,
  ...settingsRoutes,
  ...egressRoutes,
  ...apiKeyRoutes,
  ...auditRoutes,
  ...statsRoutes,
  ...seriesRoutes,
  ...owedRoutes,
  ...problemRoutes,
  ...healthRoutes,
  ...rerunRoutes,
  ...codecRoutes,
  ...sessionRoutes,
]

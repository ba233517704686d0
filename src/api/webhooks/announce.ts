import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { recordChange } from '../access/audit.ts'
import type { Call } from '../http/route.ts'
import { webhookView } from './view.ts'

/** A lane that sleeps learns of the change at once; one that can't be told now looks by itself within a minute. */
export function tellLane(
  { deps }: Call<unknown, unknown>,
  before: WebhookDocument,
  after?: WebhookDocument,
): void {
  if (!before.rateLimit && !after?.rateLimit) return
  const { tenant, _id: webhook, name } = before
  deps.temporal
    .signalLane({ tenant, webhook, name }, 'changed')
    .catch((error: unknown) => deps.logger.warn({ webhook, err: error }, 'lane.not_told'))
}

/** What the webhook was and is, secrets masked. */
export function audit(
  call: Call<unknown, unknown>,
  action: string,
  before: WebhookDocument | undefined,
  after?: WebhookDocument,
): Promise<void> {
  return recordChange(call, {
    action,
    resource: (after ?? before)?._id ?? '',
    ...(before && { before: webhookView(before) }),
    ...(after && { after: webhookView(after) }),
  })
}

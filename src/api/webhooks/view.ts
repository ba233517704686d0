import type { z } from 'zod'
import { autoDisableOf } from '../../delivery/health.ts'
import type { Target } from '../../delivery/types.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { respelled } from './headers.ts'
import type { webhookSchema } from './schema.ts'

type Warning = { code: string; detail: string }

/** What other resources may use besides. */
export { expectedAt } from './lane-view.ts'

/** A webhook as the API shows it: no secret, stored values of the target masked. */
export function webhookView(
  webhook: WebhookDocument,
  warnings: Warning[] = [],
): z.input<typeof webhookSchema> {
  const { stateReason, filterError, health, fault } = webhook
  return {
    id: webhook._id,
    tenant: webhook.tenant,
    ...plainFields(webhook),
    target: maskTarget(webhook.target),
    state: webhook.state,
    ...(stateReason && { stateReason: { ...stateReason, at: stateReason.at.toISOString() } }),
    ...(filterError && { filterError: { ...filterError, at: filterError.at.toISOString() } }),
    ...(fault && { fault }),
    ...(health?.since && {
      failing: { since: health.since.toISOString(), attempts: health.attempts ?? 0 },
    }),
    version: webhook.version,
    createdAt: webhook.createdAt.toISOString(),
    updatedAt: webhook.updatedAt.toISOString(),
    warnings,
  }
}

/** The fields that a caller sets, as stored; a merge patch is applied to these. */
export function plainFields(webhook: WebhookDocument) {
  return {
    name: webhook.name,
    ...(webhook.description !== undefined && { description: webhook.description }),
    events: webhook.events,
    ...(webhook.filter !== undefined && { filter: webhook.filter }),
    target: webhook.target,
    format: webhook.format,
    signature: webhook.signature,
    success: webhook.success,
    retry: webhook.retry,
    rateLimit: webhook.rateLimit,
    concurrency: webhook.concurrency,
    autoDisable: autoDisableOf(webhook),
  }
}

/** `…` and the last four characters; nothing of a value so short that these would tell it. */
function maskText(value: string): string {
  return value.length < 12 ? '…' : `…${value.slice(-4)}`
}

/** A target without its API key, header values and Slack path. */
function maskTarget(target: Target): Target {
  if (target.type === 'slack') return { ...target, url: maskSlackUrl(target.url) }
  const { headers, apiKey } = target
  return {
    ...target,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, maskText(value)]),
      ),
    }),
    ...(apiKey && { apiKey: { ...apiKey, value: maskText(apiKey.value) } }),
  }
}

/** A target, not checked yet, with every value that is the mask of the stored one put back; one of another type as it is. */
export function unmaskTarget(target: unknown, stored: Target): unknown {
  if (!isObject(target) || target['type'] !== stored.type) return target
  const { headers } = target
  const same = isObject(headers) ? respelled(stored, Object.keys(headers)) : stored
  return putBack(target, maskTarget(same), same)
}

function putBack(given: unknown, masked: unknown, stored: unknown): unknown {
  if (given === masked) return stored
  if (!isObject(given) || !isObject(masked) || !isObject(stored)) return given
  const entries = Object.entries(given).map(([name, value]) => [
    name,
    putBack(value, masked[name], stored[name]),
  ])
  return Object.fromEntries(entries)
}

/** The URL of an incoming Slack webhook is itself the secret. */
function maskSlackUrl(url: string): string {
  return `${new URL(url).origin}/${maskText(url)}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

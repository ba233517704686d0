import { PRESETS, type PresetName } from '../../../../src/api/webhooks/presets.ts'
import type { Webhook, WebhookInput } from '../../api/types.ts'

type Retry = Webhook['retry']
type Signature = Webhook['signature']

/** A webhook as its form holds it: every field is there, whatever is chosen. */
export type Draft = {
  preset: PresetName
  name: string
  description: string
  events: string[]
  type: 'http' | 'slack'
  url: string
  apiKeyHeader: string
  apiKeyValue: string
  headers: { name: string; value: string }[]
  timeout: string
  template: string
  secret: string
  filter: string
  format: Webhook['format']
  success: Webhook['success']
  signature: Signature
  retry: Retry
  isLimited: boolean
  limit: number
  per: string
  concurrency: number
  autoDisable: Webhook['autoDisable']
}

export function newDraft(preset: PresetName = 'standard'): Draft {
  return {
    preset,
    name: '',
    description: '',
    events: [],
    type: 'http',
    url: '',
    apiKeyHeader: 'X-API-Key',
    apiKeyValue: '',
    headers: [],
    timeout: '15s',
    template: '',
    secret: '',
    filter: '',
    ...ofPreset(preset),
  }
}

/** What a preset sets; what a person typed besides stays. */
export function ofPreset(preset: PresetName) {
  const { format, success, signature, retry, rateLimit, concurrency, autoDisable } = PRESETS[preset]
  return {
    format,
    success,
    signature,
    retry,
    isLimited: rateLimit !== null,
    limit: rateLimit?.limit ?? 10,
    per: rateLimit?.per ?? '1s',
    concurrency,
    autoDisable,
  }
}

export function draftOf(webhook: Webhook): Draft {
  const { target, rateLimit } = webhook
  const http = target.type === 'http' ? target : undefined
  return {
    preset: 'standard',
    name: webhook.name,
    description: webhook.description ?? '',
    events: webhook.events,
    type: target.type,
    url: target.url,
    apiKeyHeader: http?.apiKey?.header ?? 'X-API-Key',
    apiKeyValue: http?.apiKey?.value ?? '',
    headers: Object.entries(http?.headers ?? {}).map(([name, value]) => ({ name, value })),
    timeout: target.timeout,
    template: target.type === 'slack' ? (target.template ?? '') : '',
    secret: '',
    filter: webhook.filter ?? '',
    format: webhook.format,
    success: webhook.success,
    signature: webhook.signature,
    retry: webhook.retry,
    isLimited: rateLimit !== null,
    limit: rateLimit?.limit ?? 10,
    per: rateLimit?.per ?? '1s',
    concurrency: webhook.concurrency,
    autoDisable: webhook.autoDisable,
  }
}

function targetOf(draft: Draft): WebhookInput['target'] {
  const { type, url, timeout, template, apiKeyHeader, apiKeyValue, headers } = draft
  if (type === 'slack') return { type, url, timeout, ...(template && { template }) }
  const named = headers.filter(({ name }) => name.trim())
  return {
    type,
    url,
    timeout,
    ...(named.length > 0 && {
      headers: Object.fromEntries(named.map(({ name, value }) => [name.trim(), value])),
    }),
    ...(apiKeyValue && { apiKey: { header: apiKeyHeader, value: apiKeyValue } }),
  }
}

/** What creates the webhook. */
export function inputOf(draft: Draft): WebhookInput {
  const { preset, name, description, events, filter, secret } = draft
  const { format, success, retry, concurrency, autoDisable } = draft
  return {
    preset,
    name,
    ...(description && { description }),
    events,
    ...(filter && { filter }),
    target: targetOf(draft),
    format,
    success,
    retry,
    concurrency,
    autoDisable,
    rateLimit: draft.isLimited ? { limit: draft.limit, per: draft.per } : null,
    // Slack verifies nothing
    signature: draft.type === 'slack' ? { scheme: 'none' } : draft.signature,
    ...(secret && { secret }),
  }
}

/** The merge patch (RFC 7396) from one draft to another: only what was changed, so that others' changes stay. */
export function patchOf(before: Draft, after: Draft): Record<string, unknown> {
  return diff(fieldsOf(before), fieldsOf(after)) as Record<string, unknown>
}

/** The fields of the API that a draft stands for; what is not given is null. */
export function fieldsOf(draft: Draft): Record<string, unknown> {
  const { preset: _preset, description = null, filter = null, ...rest } = inputOf(draft)
  return { ...rest, description, filter }
}

/** What is gone is null; an object of another kind replaces the whole. */
function diff(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return after
  if (before['type'] !== after['type'] || before['scheme'] !== after['scheme']) return after
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changed = names.filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  )
  return Object.fromEntries(
    changed.map((name) => [name, name in after ? diff(before[name], after[name]) : null]),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

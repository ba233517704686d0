import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import { newId } from '../../ids.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { ApiError } from '../http/errors.ts'
import { staleVersion } from '../http/etag.ts'
import { wirePatterns } from './patterns.ts'
import { mergeWebhookPatch } from './merge-patch.ts'
import { parseBody } from '../input/parse-input.ts'
import { defaultsFor, type PresetFields } from './presets.ts'
import type { Call } from '../http/route.ts'
import { checkHeadersMeet, checkSecretsStay } from './headers.ts'
import { webhookChangeSchema, type webhookInputSchema } from './schema.ts'
import { DEFAULT_OVERLAP, fittingSecrets, rotated, secretFor } from './secrets.ts'
import { checkedTarget } from './target.ts'
import { plainFields, unmaskTarget } from './view.ts'

type Context = Pick<Call<unknown, unknown>, 'deps' | 'caller' | 'params'>
type Warning = { code: string; detail: string }
/** A webhook to store, and what its caller is told once. */
export type Draft = { webhook: WebhookDocument; warnings: Warning[]; newSecret: string | undefined }

/** The caller's webhook of the path's id. Throws not_found, also for a deleted one and another tenant's. */
export async function findWebhook({ deps, caller, params }: Context): Promise<WebhookDocument> {
  const webhook = await deps.models.webhooks
    .findOne({ _id: params.id, tenant: caller.tenant, deletedAt: { $exists: false } })
    .lean<WebhookDocument>()
    .exec()
  if (!webhook) throw new ApiError('not_found', 'No such webhook.')
  return webhook
}

/** The same, to be changed or used. Throws secrets_unreadable where it can only be read and deleted. */
export async function findUsableWebhook(context: Context): Promise<WebhookDocument> {
  const webhook = await findWebhook(context)
  if (webhook.fault) throw new ApiError(webhook.fault.code, webhook.fault.detail)
  return webhook
}

/** The webhook that an input describes; nothing is stored. Throws validation_failed. */
export async function draftNew(
  { deps, caller }: Context,
  input: z.output<typeof webhookInputSchema>,
): Promise<Draft> {
  const { preset, secret, state = 'active', ...given } = input
  const fields = withDefaults(given, defaultsFor(preset, given.target.type))
  const { target, warnings } = await checkedTarget(deps, given.target)
  checkHeadersMeet({ ...fields, target })
  const newSecret = secretFor(fields.signature, secret)
  const now = new Date(deps.now())
  const webhook = {
    _id: newId('wh', now.getTime()),
    tenant: caller.tenant,
    ...fields,
    target,
    state,
    ...(state === 'paused' && { stateReason: pausedBy(now) }),
    secrets: newSecret === undefined ? [] : [{ value: newSecret, createdAt: now }],
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  return { webhook, warnings, newSecret }
}

/** The stored webhook with a merge patch applied; nothing is stored. Throws validation_failed. */
export async function draftChange(
  { deps }: Context,
  stored: WebhookDocument,
  patch: Record<string, unknown>,
): Promise<Draft> {
  const merged = mergeWebhookPatch(plainFields(stored), patch)
  const unmasked = { ...merged, target: unmaskTarget(merged['target'], stored.target) }
  const { secret, state = stored.state, ...given } = parseBody(webhookChangeSchema, unmasked)
  const none = { autoDisable: null, rateLimit: null }
  const defaults = { ...defaultsFor('standard', given.target.type), ...none }
  const fields = withDefaults(given, defaults)
  const moved = given.target.url !== stored.target.url || given.target.type !== stored.target.type
  const { target, warnings } = moved
    ? await checkedTarget(deps, given.target)
    : { target: given.target, warnings: [] }
  checkHeadersMeet({ ...fields, target })
  checkSecretsStay(stored.target, target, patch['target'])
  const kept = fittingSecrets(fields.signature, stored.secrets)
  const isOther = secret !== undefined && secret !== kept[0]?.value
  const needsSecret = isOther || kept.length === 0
  const newSecret = needsSecret ? secretFor(fields.signature, secret) : undefined
  const now = new Date(deps.now())
  const turn = { nowMs: now.getTime(), overlap: DEFAULT_OVERLAP }
  const { description: _old, filter: _oldFilter, stateReason, filterError, ...rest } = stored
  const reason =
    state === stored.state ? stateReason : state === 'paused' ? pausedBy(now) : undefined
  const webhook = {
    ...rest,
    ...fields,
    target,
    state,
    ...(reason && { stateReason: reason }),
    ...(filterError && fields.filter === stored.filter && { filterError }),
    secrets: newSecret === undefined ? kept : rotated(kept, newSecret, turn),
    version: stored.version + 1,
    updatedAt: now,
  }
  return { webhook, warnings, newSecret }
}

/** Whether the draft has what is stored: then it is no change, and begins no streak or version anew. */
export function isSame({ webhook, newSecret }: Draft, stored: WebhookDocument): boolean {
  return (
    newSecret === undefined &&
    webhook.state === stored.state &&
    webhook.secrets.length === stored.secrets.length &&
    isDeepStrictEqual(plainFields(webhook), plainFields(stored))
  )
}

const STREAK = ['health.since', 'health.attempts'] as const
const OPTIONAL = ['description', 'filter', 'stateReason'] as const

/** Stores a changed webhook if nobody else changed it since it was read. Throws version_stale. */
export async function storeChange({ deps }: Context, webhook: WebhookDocument): Promise<void> {
  // the worker writes these: filterError goes with its filter, failures are counted anew, nothing is written back
  const {
    _id,
    tenant,
    version,
    filterError,
    health: _health,
    notices: _notices,
    ...fields
  } = webhook
  const absent = [...OPTIONAL.filter((name) => !(name in fields)), ...STREAK]
  const gone = filterError ? absent : [...absent, 'filterError']
  const result = await deps.models.webhooks.updateOne(
    { _id, tenant, version: version - 1, deletedAt: { $exists: false } },
    {
      $set: { ...fields, version },
      $unset: Object.fromEntries(gone.map((name) => [name, 1])),
    },
  )
  if (result.matchedCount === 0) throw staleVersion()
}

/** The reason that a person's pause leaves. */
export function pausedBy(at: Date) {
  return { code: 'paused', detail: 'Paused by a person.', at }
}

type Given = Omit<z.output<typeof webhookChangeSchema>, 'secret' | 'state'>

function withDefaults(given: Given, preset: PresetFields) {
  return {
    name: given.name,
    ...(given.description !== undefined && { description: given.description }),
    events: wirePatterns(given.events),
    ...(given.filter !== undefined && { filter: given.filter }),
    format: given.format ?? preset.format,
    success: given.success ?? preset.success,
    signature: given.signature ?? preset.signature,
    retry: given.retry ?? preset.retry,
    rateLimit: given.rateLimit === undefined ? preset.rateLimit : given.rateLimit,
    concurrency: given.concurrency ?? preset.concurrency,
    autoDisable: given.autoDisable === undefined ? preset.autoDisable : given.autoDisable,
  }
}

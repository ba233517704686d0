import { newApiKey, sha256 } from '../../ids.ts'
import { type ApiKeyDocument, hasLiveAdmin } from '../../models/access/api-key.ts'
import { takeFirstRunToken, voidFirstRunToken } from '../../models/access/first-run-token.ts'
import { apiKeyView } from './key-routes.ts'
import { recordChange } from './audit.ts'
import { ApiError } from '../http/errors.ts'
import type { Call } from '../http/route.ts'

type Context = Pick<Call<unknown, unknown>, 'deps' | 'requestId'>

/** A new key, not stored yet, that may do all for every tenant. */
export type FirstKey = { key: ApiKeyDocument; value: string }

/**
 * Uses the first-run token up; the admin key that it stands for, to be stored by `storeFirstKey`.
 * Throws unauthenticated where the token is wrong, used, expired, or void because there is an admin key.
 */
export async function takeFirstKey({ deps }: Context, token: string): Promise<FirstKey> {
  const now = new Date(deps.now())
  const isTaken = await takeFirstRunToken(deps.models, token, now)
  if (!isTaken || (await hasLiveAdmin(deps.models.apiKeys, now)))
    throw new ApiError(
      'unauthenticated',
      'This first-run token is wrong, was used, has expired, or there is an admin key by now. Log in with that `key`; while there is none, `herald setup` prints a new token.',
      { headers: { 'www-authenticate': 'Bearer' } },
    )
  const { id, value } = newApiKey()
  const key: ApiKeyDocument = {
    _id: id,
    name: 'first admin key, by first-run token',
    role: 'admin',
    hash: sha256(value),
    last4: value.slice(-4),
    createdAt: now,
  }
  return { key, value }
}

/** Stores the key, on record first. It is the last write of a login that may fail: later, a failure would lock everybody out. */
export async function storeFirstKey(call: Context, { key }: FirstKey): Promise<void> {
  const { models } = call.deps
  const { _id, role } = key
  const caller = { keyId: _id, role, tenant: 'default', boundTenant: null }
  const after = apiKeyView(key)
  await recordChange({ ...call, caller }, { action: 'api_key.created', resource: after.id, after })
  await models.apiKeys.create(key)
  // of a set-up that ran meanwhile; while the key lives, takeFirstKey refuses it anyway
  await voidFirstRunToken(models).catch(() => undefined)
}

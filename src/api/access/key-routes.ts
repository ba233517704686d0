import { z } from 'zod'
import { newApiKey, sha256 } from '../../ids.ts'
import { type ApiKeyDocument, ROLES } from '../../models/access/api-key.ts'
import { recordChange } from './audit.ts'
import type { Caller } from './auth.ts'
import { ApiError } from '../http/errors.ts'
import { listPage, pageOf, pageQuery } from '../lists/pages.ts'
import { route } from '../http/route.ts'

const tag = 'API keys'
const time = z.iso.datetime()
const tenantSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1–64 of A–Z a–z 0–9 _ -')

export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    tenant: z.string().nullable().meta({ description: 'null: it may name any tenant.' }),
    last4: z.string(),
    createdAt: time,
    expiresAt: time.optional(),
    revokedAt: time.optional(),
    lastUsedAt: time.optional(),
  })
  .meta({ id: 'ApiKey' })

const apiKeyInputSchema = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    role: z.enum(ROLES),
    tenant: tenantSchema.optional(),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  })
  .meta({ id: 'ApiKeyInput' })

/** A key as the API shows it: without its value, without the hash. */
export function apiKeyView(key: ApiKeyDocument): z.input<typeof apiKeySchema> {
  const { expiresAt, revokedAt, lastUsedAt } = key
  return {
    id: `hk_${key._id}`,
    name: key.name,
    role: key.role,
    tenant: key.tenant ?? null,
    last4: key.last4,
    createdAt: key.createdAt.toISOString(),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...(revokedAt && { revokedAt: revokedAt.toISOString() }),
    ...(lastUsedAt && { lastUsedAt: lastUsedAt.toISOString() }),
  }
}

/** A key that a tenant's admin makes is the tenant's; only keys of no tenant make others such. */
function tenantOf(caller: Caller, asked: string | undefined): { tenant?: string } {
  if (caller.boundTenant !== null && asked !== undefined && asked !== caller.boundTenant)
    throw new ApiError('tenant_forbidden', 'This API key makes keys of its own tenant only.')
  const tenant = caller.boundTenant ?? asked
  return tenant === undefined ? {} : { tenant }
}

/** A key bound to a tenant sees the keys of that tenant; another sees all. */
function visibleTo({ boundTenant }: Caller): Record<string, unknown> {
  return boundTenant === null ? {} : { tenant: boundTenant }
}

export const apiKeyRoutes = [
  route({
    method: 'post',
    path: '/v1/api-keys',
    operationId: 'createApiKey',
    summary: 'Make an API key; its value is shown this once',
    tag,
    role: 'admin',
    body: apiKeyInputSchema,
    example: { name: 'shop', role: 'ingest' },
    responses: {
      201: {
        description: 'Made',
        schema: apiKeySchema.extend({ value: z.string() }).meta({ id: 'NewApiKey' }),
      },
    },
    handle: async (call) => {
      const { name, role, tenant, expiresAt } = call.body
      const { id, value } = newApiKey()
      const key: ApiKeyDocument = {
        _id: id,
        name,
        role,
        ...tenantOf(call.caller, tenant),
        hash: sha256(value),
        last4: value.slice(-4),
        createdAt: new Date(call.deps.now()),
        ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
      }
      await call.deps.models.apiKeys.create(key)
      const after = apiKeyView(key)
      await recordChange(call, { action: 'api_key.created', resource: after.id, after })
      return { status: 201, body: { ...after, value } }
    },
  }),
  route({
    method: 'get',
    path: '/v1/api-keys',
    operationId: 'listApiKeys',
    summary: 'List API keys, newest first, also revoked ones',
    tag,
    role: 'admin',
    query: z.strictObject(pageQuery),
    responses: { 200: { description: 'A page', schema: pageOf(apiKeySchema) } },
    handle: (call) =>
      listPage(call, {
        model: call.deps.models.apiKeys,
        timeField: 'createdAt',
        view: apiKeyView,
        allTenants: call.caller.boundTenant === null,
        filter: {},
      }),
  }),
  route({
    method: 'delete',
    path: '/v1/api-keys/{id}',
    operationId: 'revokeApiKey',
    summary: 'Revoke an API key; in force within 5 s',
    tag,
    role: 'admin',
    responses: { 204: { description: 'Revoked' } },
    handle: async (call) => {
      const { models, now } = call.deps
      const id = call.params.id.replace(/^hk_/, '')
      const key = await models.apiKeys
        .findOne({ _id: id, ...visibleTo(call.caller) })
        .lean<ApiKeyDocument>()
        .exec()
      if (!key) throw new ApiError('not_found', 'No such API key.')
      if (key.revokedAt) return { status: 204 }
      await models.apiKeys.updateOne({ _id: id }, { $set: { revokedAt: new Date(now()) } })
      await recordChange(call, {
        action: 'api_key.revoked',
        resource: `hk_${id}`,
        before: apiKeyView(key),
      })
      return { status: 204 }
    },
  }),
]

import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ApiKeyDocument, Role } from '../../models/access/api-key.ts'
import { sha256 } from '../../ids.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiError } from '../http/errors.ts'
import { headerOf } from '../input/bytes.ts'
import type { KeyCache } from './key-cache.ts'
import { checkCsrf, type PublicAddress, sessionToken } from './session-cookie.ts'
import { findSession } from './sessions.ts'

/** Who asks. `boundTenant` is null for a key that may name any tenant. */
export type Caller = {
  keyId: string
  role: Role
  tenant: string
  boundTenant: string | null
}

/** What each role may do. */
const ALLOWED: Record<Role, readonly Role[]> = {
  ingest: ['ingest'],
  viewer: ['viewer'],
  operator: ['operator', 'viewer'],
  admin: ['admin', 'operator', 'viewer', 'ingest'],
}

/** For routes that need no key. */
export const ANONYMOUS: Caller = { keyId: '', role: 'viewer', tenant: '', boundTenant: null }

const KEY = /^hk_([A-Za-z0-9]{12})_[A-Za-z0-9_-]{43}$/
const TENANT = /^[A-Za-z0-9_-]{1,64}$/
const NO_HASH = sha256('')

export type AuthContext = { deps: ApiDependencies; keys: KeyCache }

/** Whether a key of this role may use a route that needs that one. */
export function allows(role: Role, needed: Role): boolean {
  return ALLOWED[role].includes(needed)
}

/**
 * Who sent the request, by API key or console session, if the key has the role and may name the tenant.
 * Throws unauthenticated, csrf_refused, role_missing, tenant_forbidden, header_invalid, database_unavailable.
 */
export async function authenticate(
  request: IncomingMessage,
  role: Role,
  context: AuthContext,
): Promise<Caller> {
  const token = sessionToken(request, context.deps.config)
  const key =
    request.headers.authorization === undefined && token !== undefined
      ? await keyOfSession(request, token, context)
      : await keyOfHeader(request, role, context)
  if (!allows(key.role, role))
    throw new ApiError('role_missing', `This needs the role ${role}; the key has ${key.role}.`)
  context.keys.used(key._id)
  return { keyId: key._id, role: key.role, ...tenantOf(request, key.tenant) }
}

/** The live API key of this value. Throws unauthenticated, database_unavailable. */
export async function liveKey(
  value: string,
  keys: KeyCache,
  forIngest = false,
): Promise<ApiKeyDocument> {
  const id = keyIdOf(value)
  if (id === undefined) throw invalidKey('This is no API key: one reads `hk_…`, all of it.')
  const key = await keys.get(id, forIngest)
  if (!sameText(sha256(value), key?.hash ?? NO_HASH) || !key)
    throw invalidKey('This API key is not known.')
  return checkAlive(key, keys)
}

/** The public part of a key's value, if it has the form of one. */
function keyIdOf(value: string): string | undefined {
  return KEY.exec(value)?.[1]
}

function keyOfHeader(
  request: IncomingMessage,
  role: Role,
  { keys }: AuthContext,
): Promise<ApiKeyDocument> {
  const value = bearerOf(request)
  if (value === undefined) throw unauthenticated('Send an API key: `Authorization: Bearer hk_…`.')
  return liveKey(value, keys, role === 'ingest')
}

/** Undefined where the header is absent or of another scheme. */
function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer(?: +(.*?))? *$/i.exec(headers.authorization ?? '')?.[1]
}

/** What an authenticated request proved itself by: the whole API key, or the token of its session. */
export function credentialOf(request: IncomingMessage, config: PublicAddress): string {
  return bearerOf(request) ?? sessionToken(request, config) ?? ''
}

/** The role and tenant of a session are those of its key now. */
async function keyOfSession(
  request: IncomingMessage,
  token: string,
  { deps, keys }: AuthContext,
): Promise<ApiKeyDocument> {
  const session = await findSession(deps, token)
  if (!session) throw unauthenticated('The session has ended; log in again.')
  checkCsrf(request, deps.config, token)
  const key = await keys.get(session.key, false)
  if (!key) throw invalidKey('The API key of this session is not known any more.')
  return checkAlive(key, keys)
}

function checkAlive(key: ApiKeyDocument, keys: KeyCache): ApiKeyDocument {
  if (key.revokedAt) throw invalidKey(`This API key was revoked at ${key.revokedAt.toISOString()}.`)
  if (key.expiresAt && key.expiresAt.getTime() <= keys.now())
    throw invalidKey(`This API key expired at ${key.expiresAt.toISOString()}.`)
  return key
}

function tenantOf(
  request: IncomingMessage,
  bound: string | undefined,
): Pick<Caller, 'tenant' | 'boundTenant'> {
  const named = headerOf(request, 'herald-tenant')
  if (named !== undefined && !TENANT.test(named))
    throw new ApiError('header_invalid', 'Herald-Tenant must be 1–64 of A–Z a–z 0–9 _ -.', {
      errors: [{ pointer: '/header/Herald-Tenant', detail: 'is malformed', code: 'pattern' }],
    })
  if (bound !== undefined && named !== undefined && named !== bound)
    throw new ApiError('tenant_forbidden', 'This API key is bound to another tenant.')
  return { tenant: bound ?? named ?? 'default', boundTenant: bound ?? null }
}

/** Nothing was sent that could be a key: a challenge without an error (RFC 6750 3.1). */
function unauthenticated(detail: string): ApiError {
  return challenge(detail, 'Bearer realm="herald"')
}

function invalidKey(detail: string): ApiError {
  return challenge(detail, 'Bearer realm="herald", error="invalid_token"')
}

function challenge(detail: string, value: string): ApiError {
  return new ApiError('unauthenticated', detail, { headers: { 'www-authenticate': value } })
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

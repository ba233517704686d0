import { timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import type { Role } from '../models/api-key.ts'
import { sha256 } from '../ids.ts'
import { ApiError } from './errors.ts'
import type { KeyCache } from './key-cache.ts'

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

const KEY = /^Bearer +hk_([A-Za-z0-9]{12})_[A-Za-z0-9_-]{43} *$/i
const TENANT = /^[A-Za-z0-9_-]{1,64}$/
const NO_HASH = sha256('')

/**
 * Who sent the request, if its key has the role and may name the tenant.
 * Throws unauthenticated, role_missing, tenant_forbidden, header_invalid, database_unavailable.
 */
export async function authenticate(request: Request, role: Role, keys: KeyCache): Promise<Caller> {
  const authorization = request.headers.authorization ?? ''
  const id = KEY.exec(authorization)?.[1]
  if (id === undefined) throw unauthenticated('Send `Authorization: Bearer hk_…`.')
  const key = await keys.get(id, role === 'ingest')
  const hash = sha256(authorization.replace(/^Bearer +/i, '').trimEnd())
  if (!sameText(hash, key?.hash ?? NO_HASH) || !key)
    throw unauthenticated('This API key is not known.')
  if (key.revokedAt || (key.expiresAt && key.expiresAt.getTime() <= keys.now()))
    throw unauthenticated('This API key was revoked or has expired.')
  if (!ALLOWED[key.role].includes(role))
    throw new ApiError('role_missing', `This needs the role ${role}; the key has ${key.role}.`)
  keys.used(id)
  return { keyId: id, role: key.role, ...tenantOf(request, key.tenant) }
}

function tenantOf(
  request: Request,
  bound: string | undefined,
): Pick<Caller, 'tenant' | 'boundTenant'> {
  const named = request.get('herald-tenant')
  if (named !== undefined && !TENANT.test(named))
    throw new ApiError('header_invalid', 'Herald-Tenant must be 1–64 of A–Z a–z 0–9 _ -.', {
      errors: [{ pointer: '/header/Herald-Tenant', detail: 'is malformed', code: 'pattern' }],
    })
  if (bound !== undefined && named !== undefined && named !== bound)
    throw new ApiError('tenant_forbidden', 'This API key is bound to another tenant.')
  return { tenant: bound ?? named ?? 'default', boundTenant: bound ?? null }
}

function unauthenticated(detail: string): ApiError {
  return new ApiError('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer' } })
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

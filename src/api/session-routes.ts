import { z } from 'zod'
import { ROLES } from '../models/api-key.ts'
import { recordChange } from './audit.ts'
import { allows, keyIdOf, liveKey } from './auth.ts'
import { ApiError } from './errors.ts'
import { type Call, route } from './route.ts'
import { checkOrigin, csrfToken, sessionCookie, sessionToken } from './session-cookie.ts'
import { beginSession, endSession } from './sessions.ts'

const tag = 'Session'
const path = '/session'
const headers = { 'Herald-CSRF': 'The `csrf` of the session.' }
const cookie = { 'Set-Cookie': 'HttpOnly and SameSite=Strict.' }

const sessionSchema = z
  .object({
    key: z.string().meta({ description: 'The API key whose role and tenant the session has.' }),
    role: z.enum(ROLES),
    tenant: z.string().nullable().meta({ description: 'null: it may name any tenant.' }),
    csrf: z
      .string()
      .nullable()
      .meta({ description: 'To be sent as Herald-CSRF with each change; null with an API key.' }),
  })
  .meta({ id: 'Session' })

/** Throws rate_limited, unauthenticated, role_missing where the key sends events only. */
async function logIn(call: Call<unknown, { key: string }>) {
  const value = call.body.key
  const names = [`address:${call.request.socket.remoteAddress ?? ''}`, `key:${keyIdOf(value)}`]
  call.logins.check(names)
  const key = await liveKey(value, call.keys).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 'unauthenticated') call.logins.failed(names)
    throw error
  })
  if (!allows(key.role, 'viewer'))
    throw new ApiError('role_missing', 'A key that sends events has no console.')
  return key
}

export const sessionRoutes = [
  route({
    method: 'post',
    path,
    summary: 'Log in to the console with an API key',
    tag,
    role: null,
    body: z.strictObject({ key: z.string().max(200) }).meta({ id: 'Login' }),
    problems: [400, 401, 403, 429, 503],
    responses: { 201: { description: 'Logged in', schema: sessionSchema, headers: cookie } },
    handle: async (call) => {
      const { config } = call.deps
      checkOrigin(call.request, config)
      const { _id, role, tenant = null } = await logIn(call)
      const { token, ageSeconds } = await beginSession(call.deps, _id)
      const caller = { keyId: _id, role, tenant: tenant ?? 'default', boundTenant: tenant }
      await recordChange({ ...call, caller }, { action: 'session.begun', resource: `hk_${_id}` })
      return {
        status: 201,
        body: { key: `hk_${_id}`, role, tenant, csrf: csrfToken(token) },
        headers: { 'set-cookie': sessionCookie(config, token, ageSeconds) },
      }
    },
  }),
  route({
    method: 'get',
    path,
    summary: 'Who is logged in',
    tag,
    role: 'viewer',
    responses: { 200: { description: 'The session', schema: sessionSchema } },
    handle: async ({ caller, request, deps }) => {
      const { keyId, role, boundTenant } = caller
      const hasKey = request.headers.authorization !== undefined
      const token = hasKey ? undefined : sessionToken(request, deps.config)
      const csrf = token === undefined ? null : csrfToken(token)
      return { status: 200, body: { key: `hk_${keyId}`, role, tenant: boundTenant, csrf } }
    },
  }),
  route({
    method: 'delete',
    path,
    summary: 'Log out',
    tag,
    role: 'viewer',
    headers,
    responses: { 204: { description: 'Logged out', headers: cookie } },
    handle: async ({ request, deps }) => {
      const token = sessionToken(request, deps.config)
      if (token !== undefined) await endSession(deps, token)
      return { status: 204, headers: { 'set-cookie': sessionCookie(deps.config, '', 0) } }
    },
  }),
]

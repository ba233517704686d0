import { z } from 'zod'
import { type ApiKeyDocument, ROLES } from '../../models/access/api-key.ts'
import { recordChange } from './audit.ts'
import { allows, liveKey } from './auth.ts'
import { ApiError } from '../http/errors.ts'
import { type FirstKey, storeFirstKey, takeFirstKey } from './first-run.ts'
import { type Answer, type Call, route } from '../http/route.ts'
import { checkOrigin, csrfToken, sessionCookie, sessionToken } from './session-cookie.ts'
import { beginSession, endSession } from './sessions.ts'

/** Nobody needs a key to send one. */
const LOGIN_MAX_BYTES = 1_024
const tag = 'Session'
const path = '/session'
const headers = { 'Herald-CSRF': 'The `csrf` of the session.' }
const cookie = { 'Set-Cookie': 'HttpOnly and SameSite=Strict.' }

export const sessionSchema = z
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

export const begunSchema = sessionSchema
  .extend({
    value: z.string().optional().meta({
      description: 'Of the admin key that a first-run token made: shown this once, so keep it.',
    }),
  })
  .meta({ id: 'BegunSession' })

const loginSchema = z
  .strictObject({
    key: z.string().max(200).optional().meta({ description: 'An API key.' }),
    token: z.string().max(200).optional().meta({
      description: 'Or the first-run token that the set-up printed; it makes the first admin key.',
    }),
  })
  .refine(({ key, token }) => (key === undefined) !== (token === undefined), {
    message: 'needs `key` or `token`, one of them',
    params: { code: 'required' },
  })
  .meta({ id: 'Login', minProperties: 1, maxProperties: 1 })

type LoginCall = Call<unknown, z.output<typeof loginSchema>>

/** What is found, however often others have failed. Throws what `find` throws, and rate_limited to who fails often. */
async function throttled<Found>(
  { request, logins, clientAddress }: LoginCall,
  find: () => Promise<Found>,
): Promise<Found> {
  try {
    return await find()
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'unauthenticated') throw error
    throw logins.failed(clientAddress(request), error)
  }
}

/** Throws rate_limited, unauthenticated, role_missing where the key sends events only. */
async function findKey(call: LoginCall, value: string): Promise<ApiKeyDocument> {
  const key = await throttled(call, () => liveKey(value, call.keys))
  if (!allows(key.role, 'viewer'))
    throw new ApiError('role_missing', 'A key that sends events has no console.')
  return key
}

/** Begins a session with a key; the answer, with the key's value where this is the time to show it. */
async function begin(call: LoginCall, key: ApiKeyDocument, first?: FirstKey): Promise<Answer> {
  const { config } = call.deps
  const { _id, role, tenant = null } = key
  const { token, ageSeconds } = await beginSession(call.deps, _id)
  const caller = { keyId: _id, role, tenant: tenant ?? 'default', boundTenant: tenant }
  await recordChange({ ...call, caller }, { action: 'session.begun', resource: `hk_${_id}` })
  if (first) await storeFirstKey(call, first)
  const session = { key: `hk_${_id}`, role, tenant, csrf: csrfToken(token) }
  return {
    status: 201,
    body: { ...session, ...(first && { value: first.value }) },
    headers: { 'set-cookie': sessionCookie(config, token, ageSeconds) },
  }
}

export const sessionRoutes = [
  route({
    method: 'post',
    path,
    operationId: 'logIn',
    summary: 'Log in to the console with an API key, or the first time with the first-run token',
    tag,
    role: null,
    body: loginSchema,
    maxBytes: LOGIN_MAX_BYTES,
    example: { key: 'hk_…' },
    problems: [400, 401, 403, 429, 503],
    responses: { 201: { description: 'Logged in', schema: begunSchema, headers: cookie } },
    handle: async (call) => {
      const { key = '', token } = call.body
      checkOrigin(call.request, call.deps.config)
      if (token === undefined) return begin(call, await findKey(call, key))
      const first = await throttled(call, () => takeFirstKey(call, token))
      return begin(call, first.key, first)
    },
  }),
  route({
    method: 'get',
    path,
    operationId: 'getSession',
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
    operationId: 'logOut',
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

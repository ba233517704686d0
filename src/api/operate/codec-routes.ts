import { setImmediate } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import { VaultError } from '../../vault/key-ring.ts'
import { ApiError } from '../http/errors.ts'
import { validationError } from '../input/parse-input.ts'
import { type Call, route } from '../http/route.ts'

/** Temporal Web sends a page of a history at once; one payload is at most 2 MiB. */
const MAX_BYTES = 8_388_608
const MAX_KEYS = 100_000

const base64 = z.base64()
const payloadsSchema = z
  .object({
    payloads: z
      .array(
        z.object({ metadata: z.record(z.string(), base64).optional(), data: base64.optional() }),
      )
      .max(1_000),
  })
  .meta({ id: 'Payloads', description: "Payloads of Temporal's API, as JSON." })
type Payloads = z.output<typeof payloadsSchema>

const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** The payloads of every tenant lie in one namespace: only a key of no tenant may read them. */
function checkMayUse({ deps, caller, request }: Call<unknown, unknown>): void {
  if (!deps.config.CODEC_SERVER)
    throw new ApiError('not_found', 'No such path; see /v1/openapi.json.')
  if (caller.boundTenant !== null)
    throw new ApiError('tenant_forbidden', 'Payloads are of all tenants; use a key of none.')
  const named = request.headers['x-namespace']
  if (named !== undefined && named !== deps.codec.namespace) {
    const errors = [
      { pointer: '/header/X-Namespace', detail: 'is another namespace', code: 'namespace_unknown' },
    ]
    throw new ApiError('header_invalid', 'X-Namespace is not the one of this herald.', { errors })
  }
}

async function turned(call: Call<unknown, Payloads>, verb: 'encode' | 'decode'): Promise<Payloads> {
  const payloads = call.body.payloads.map(({ metadata = {}, data = '' }) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([name, value]) => [name, fromBase64(value)]),
    ),
    data: fromBase64(data),
  }))
  await setImmediate() // each step takes its time with 8 MiB
  const made = await call.deps.codec.payloads[verb](payloads).catch((error: unknown) => {
    if (!(error instanceof VaultError)) throw error
    const { message: detail } = error
    throw validationError([{ pointer: '/payloads', detail, code: 'payload_unreadable' }])
  })
  await setImmediate()
  const answer = {
    payloads: made.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([name, value]) => [name, toBase64(value)]),
      ),
      data: toBase64(data ?? new Uint8Array()),
    })),
  }
  await setImmediate()
  return answer
}

/** CORS for Temporal Web's origin (TEMPORAL_UI_URL) and no other; answers its preflight. */
export function codecOrigin({ CODEC_SERVER, TEMPORAL_UI_URL }: Config): RequestHandler {
  const allowed =
    CODEC_SERVER && TEMPORAL_UI_URL !== undefined ? new URL(TEMPORAL_UI_URL).origin : undefined
  return (request, response, next) => {
    response.vary('Origin')
    if (allowed === undefined || request.headers.origin !== allowed) return next()
    response.set('access-control-allow-origin', allowed)
    if (request.method !== 'OPTIONS') return next()
    response
      .status(204)
      .set({
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'authorization, content-type, x-namespace',
        'access-control-max-age': '600',
      })
      .end()
  }
}

export const codecRoutes = (['encode', 'decode'] as const).map((verb) =>
  route({
    method: 'post',
    path: `/codec/${verb}`,
    operationId: `${verb}Payloads`,
    asks: true,
    summary: `${verb === 'encode' ? 'Encrypt' : 'Decrypt'} payloads for Temporal Web and its CLI, if CODEC_SERVER is true`,
    tag: 'Codec',
    role: 'admin',
    headers: { 'X-Namespace': "Temporal's namespace; another one than herald's is refused." },
    body: payloadsSchema,
    example: { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'e30=' }] },
    problems: [404],
    maxBytes: MAX_BYTES,
    maxKeys: MAX_KEYS,
    responses: { 200: { description: 'The payloads, in order', schema: payloadsSchema } },
    handle: async (call) => {
      checkMayUse(call)
      return { status: 200, body: await turned(call, verb) }
    },
  }),
)

import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse, type ParsedUrlQuery } from 'node:querystring'
import type { z } from 'zod'
import type { Role } from '../../models/access/api-key.ts'
import type { Caller } from '../access/auth.ts'
import type { clientAddressOf } from '../limits/client-address.ts'
import type { ApiDependencies } from '../dependencies.ts'
import type { EventValidation } from '../events/validation.ts'
import type { IngestLimits } from '../limits/ingest.ts'
import type { KeyCache } from '../access/key-cache.ts'
import type { RequestFacts } from './log.ts'
import type { Logins } from '../access/logins.ts'
import { parseBody, parseQuery } from '../input/parse-input.ts'
import type { Nulls } from '../input/read.ts'
import { type BodyRules, checkShape, type JsonText, readJson } from '../input/body.ts'
import { hasBody } from '../input/bytes.ts'
import { answerOnce } from './idempotency.ts'
import type { Tag } from './tags.ts'

/** What a PATCH may be sent as; the patch is a merge patch (RFC 7396) either way. */
export const PATCH_TYPES = ['application/json', 'application/merge-patch+json'] as const

const BODY_MAX_BYTES = 262_144
const BODY_MAX_KEYS = 10_000

/** What a handler gives back; `raw` members are JSON text that is spliced into the body as it is. */
export type Answer = {
  status: number
  body?: unknown
  raw?: Record<string, string | undefined>
  headers?: Record<string, string>
  /** Writes the body bit by bit, and ends it. */
  stream?: (response: ServerResponse) => Promise<void>
}

type ResponseSpec = {
  description: string
  schema?: z.ZodType
  /** Where it is not JSON. */
  mediaType?: string
  headers?: Record<string, string>
  /** Headers that only some of these answers have. */
  optionalHeaders?: Record<string, string>
}

/** Who asks what, parsed; the caller is anonymous only where the role is null. */
export type Call<Query, Body> = {
  deps: ApiDependencies
  validation: EventValidation
  keys: KeyCache
  limits: IngestLimits
  logins: Logins
  /** Who sent a request, for limits by address. */
  clientAddress: ReturnType<typeof clientAddressOf>
  caller: Caller
  requestId: string
  /** What the line about the request says of it. */
  facts: RequestFacts
  request: IncomingMessage
  receivedAtMs: number
  /** Of the path; empty where the path has none. */
  params: { id: string; name: string }
  query: Query
  body: Body
}
export type UnparsedCall = Omit<Call<unknown, unknown>, 'query' | 'body'>

type Described = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** As OpenAPI writes it: `/v1/webhooks/{id}`. */
  path: string
  /** What generated clients call it; unique. */
  operationId: string
  summary: string
  tag: Tag
  /** The least role; null needs no key. */
  role: Role | null
  responses: Record<number, ResponseSpec>
  /** Statuses of problems beside those that every such route has. */
  problems?: number[]
  /** Request headers that mean something here, with a sentence each. */
  headers?: Record<string, string>
  /** A JSON body as the documentation shows it; wherever there is a body. */
  example?: unknown
  /** Bodies of media types other than application/json. */
  otherBodies?: Record<string, z.ZodType>
  /** A POST that asks and changes nothing, so that its answer need not be kept. */
  asks?: boolean
}

/** One line of the route table; authentication, validation and OpenAPI come from it. */
export type Route = Described & {
  query?: z.ZodType | undefined
  body?: z.ZodType | undefined
  /** Reads and parses the input, then answers. Throws ApiError. */
  run: (call: UnparsedCall) => Promise<Answer>
}

type Handled<Query, Body> = Described & {
  query?: z.ZodType<Query>
  body?: z.ZodType<Body>
  /** Of the body, where it may be larger or smaller than others. */
  maxBytes?: number
  /** Of all its objects, where there may be more of them than in others. */
  maxKeys?: number
  /** `refused` for filters: there a null must never read as “any”. */
  nullMeans?: Nulls
  handle: (call: Call<Query, Body>) => Promise<Answer>
}

/** A route whose handler gets its query and body as its schemas say. */
export function route<Query = undefined, Body = undefined>(spec: Handled<Query, Body>): Route {
  const { handle, maxBytes = BODY_MAX_BYTES, maxKeys = BODY_MAX_KEYS, ...more } = spec
  const { nullMeans, ...described } = more
  const { query: querySchema, body: bodySchema } = spec
  const isPatch = spec.method === 'patch'
  const rules = {
    limitBytes: maxBytes,
    name: routeName(spec),
    ...(isPatch && { types: PATCH_TYPES }),
  }
  return {
    ...withKey(described),
    ...(isPatch && bodySchema && { otherBodies: { [PATCH_TYPES[1]]: bodySchema } }),
    run: async (call) => {
      const query = querySchema && parseQuery(querySchema, queryOf(call.request))
      const sent = bodySchema ? await jsonBody(call.request, rules, maxKeys) : NO_BODY
      const body = bodySchema && parseBody(bodySchema, sent.value, nullMeans)
      const carryOut = () => handle({ ...call, query: query as Query, body: body as Body })
      return takesKey(spec) ? answerOnce(call, sent.bytes, carryOut) : carryOut()
    },
  }
}

/** A route whose handler gets the body as text, since its bytes are kept; `body` only documents it. */
export function rawRoute(
  spec: Described & {
    body: z.ZodType
    rules: (call: UnparsedCall) => BodyRules | Promise<BodyRules>
  },
  handle: (call: UnparsedCall, body: JsonText) => Promise<Answer>,
): Route {
  const { rules, ...described } = spec
  const name = routeName(spec)
  return {
    ...withKey(described),
    run: async (call) => {
      const body = await readJson(call.request, { ...(await rules(call)), name })
      return takesKey(spec)
        ? answerOnce(call, body.bytes, () => handle(call, body))
        : handle(call, body)
    },
  }
}

/** A POST that makes or does something; events have ids of their own for that. */
function takesKey({ method, role, asks = false }: Described): boolean {
  return method === 'post' && (role === 'operator' || role === 'admin') && !asks
}

/** What the documentation says of an Idempotency-Key where a route takes one. */
function withKey<Spec extends Described>(spec: Spec): Spec {
  if (!takesKey(spec)) return spec
  const responses = Object.entries(spec.responses).map(([status, response]) => [
    status,
    { ...response, optionalHeaders: { ...response.optionalHeaders, ...REPLAYED_HEADER } },
  ])
  return {
    ...spec,
    headers: { ...spec.headers, ...KEY_HEADER },
    problems: [...(spec.problems ?? []), 409],
    responses: Object.fromEntries(responses),
  }
}

const KEY_HEADER = {
  'Idempotency-Key':
    'The same request with the same key gets the same answer for 24 h; another request 409.',
}
const REPLAYED_HEADER = { 'Idempotency-Replayed': '`true`: the answer of the first request.' }
const NO_BODY: Pick<JsonText, 'value' | 'bytes'> = { value: {}, bytes: Buffer.alloc(0) }

/** The parameters after the question mark of the request's address. */
export function queryOf({ url = '' }: IncomingMessage): ParsedUrlQuery {
  const at = url.indexOf('?')
  return at < 0 ? {} : parse(url.slice(at + 1))
}

/** What logs call a route, such as `POST /v1/events`. */
export function routeName({ method, path }: Pick<Described, 'method' | 'path'>): string {
  return `${method.toUpperCase()} ${path}`
}

/** Reads like an object that may be left out: no body at all is `{}`. */
async function jsonBody(
  request: IncomingMessage,
  rules: BodyRules,
  maxKeys: number,
): Promise<typeof NO_BODY> {
  if (!hasBody(request)) return NO_BODY
  const { value, bytes, scan } = await readJson(request, rules)
  checkShape(scan, maxKeys)
  return { value, bytes }
}

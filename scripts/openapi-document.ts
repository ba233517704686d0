import { OpenApiGeneratorV31, OpenAPIRegistry } from '@asteasolutions/zod-to-openapi'
import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { PROBLEMS, type ProblemCode } from '../src/api/http/errors.ts'
import { registerReceivers } from '../src/api/http/receivers.ts'
import type { Route } from '../src/api/http/route.ts'
import { TAGS } from '../src/api/http/tags.ts'
import { ROUTES } from '../src/api/routes.ts'

const problemSchema = z
  .object({
    type: z.string().meta({ description: 'A page that explains the code.' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(Object.keys(PROBLEMS)),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string(), code: z.string() })),
  })
  .meta({ id: 'Problem', description: 'RFC 9457, with a stable code and the places at fault.' })

const RECEIVERS = { Receivers: 'What a webhook sends to its receiver, by its format.' }

/** The OpenAPI 3.1 document of the route table and of what receivers get; docs/openapi.json is this. */
export function buildOpenApi({ version }: { version: string }) {
  const registry = new OpenAPIRegistry()
  const key = registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, `hk_…`. A key of no tenant names one with the header Herald-Tenant.',
  })
  const session = registry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'herald_session',
    description: 'Of the console, from POST /session; changes need Herald-CSRF too.',
  })
  for (const route of ROUTES) {
    const { method, path, operationId, summary, tag, role } = route
    registry.registerPath({
      method,
      path,
      operationId,
      summary,
      tags: [tag],
      security: role ? [{ [key.name]: [] }, { [session.name]: [] }] : [],
      description: role ? `Role: ${role}.` : 'No key needed.',
      request: requestOf(route),
      responses: { ...responsesOf(route), ...problemsOf(route), ...HEAD_TOO_LARGE },
    })
  }
  registerReceivers(registry)
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'herald',
      version,
      description: 'Webhook delivery: post an event, every matching webhook gets it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries({ ...TAGS, ...RECEIVERS }).map(([name, description]) => ({
      name,
      description,
    })),
  })
}

function requestOf(route: Route) {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)
  const params = Object.fromEntries(names.map((name) => [name, z.string()]))
  const headers = Object.entries(route.headers ?? {}).map(
    ([name, description]) => [name, z.string().optional().meta({ description })] as const,
  )
  return {
    ...(names.length > 0 && { params: z.object(params) }),
    ...(route.query && { query: route.query as z.ZodObject }),
    ...(headers.length > 0 && { headers: z.object(Object.fromEntries(headers)) }),
    ...(route.body && { body: { required: isNeeded(route.body), content: bodiesOf(route) } }),
  }
}

/** A request without a body is read as `{}`. */
function isNeeded(body: z.ZodType): boolean {
  return !body.safeParse({}).success
}

function bodiesOf({ body, example, otherBodies = {} }: Route) {
  const others = Object.entries(otherBodies).map(([mediaType, schema]) => [mediaType, { schema }])
  return {
    ...(body && { 'application/json': { schema: body, example } }),
    ...Object.fromEntries(others),
  }
}

function responsesOf(route: Route) {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, response]) => {
      const { description, schema, headers = {}, optionalHeaders = {} } = response
      const { mediaType = 'application/json' } = response
      const described = [
        ...Object.entries(headers).map(([name, text]) => [name, headerOf(text)] as const),
        ...Object.entries(optionalHeaders).map(
          ([name, text]) => [name, headerOf(text).optional()] as const,
        ),
      ]
      return [
        status,
        {
          description,
          ...(described.length > 0 && { headers: z.object(Object.fromEntries(described)) }),
          ...(schema && { content: { [mediaType]: { schema } } }),
        },
      ]
    }),
  )
}

function headerOf(description: string) {
  return z.string().meta({ description })
}

/** Of every route: the HTTP server gives it before there is a request to speak of, so it has no body. */
const HEAD_TOO_LARGE = { 431: { description: 'The URL and the headers have more than 16 KiB' } }

const MAY_BE_SENT_AGAIN = new Set([429, 503])
const retryAfter = headerOf('Seconds after which the same request may be sent again.').optional()

/** The problems that follow from what a route is, and the ones it names. */
function problemsOf(route: Route) {
  const statuses = new Set([
    500,
    ...(route.role ? [400, 401, 403, 503] : []),
    ...(route.path.includes('{') ? [404] : []),
    ...(route.body ? [413, 415, 422] : []),
    ...(route.role === 'ingest' ? [429] : []),
    ...(route.problems ?? []),
  ])
  return Object.fromEntries([...statuses].map((status) => [status, problemOf(status)]))
}

/** With the codes that this status may have. */
function problemOf(status: number) {
  const names = Object.keys(PROBLEMS) as ProblemCode[]
  const codes = names.filter((code) => PROBLEMS[code][0] === status).map((code) => `\`${code}\``)
  return {
    description: `${STATUS_CODES[status] ?? ''}: ${codes.join(', ')}`,
    ...(MAY_BE_SENT_AGAIN.has(status) && { headers: z.object({ 'Retry-After': retryAfter }) }),
    content: { 'application/problem+json': { schema: problemSchema } },
  }
}

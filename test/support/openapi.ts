import type { Ajv2020 as AjvType, ValidateFunction } from 'ajv/dist/2020.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { buildOpenApi } from '../../scripts/openapi-document.ts'

export type Checked = { status: number; headers: Headers; text: string; json: unknown }
type Json = Record<string, unknown>
type Operation = {
  responses: Record<
    string,
    { content?: Record<string, unknown>; headers?: Record<string, { required?: boolean }> }
  >
}

const document = closed(buildOpenApi({ version: '0.0.0-test' })) as {
  paths: Record<string, Record<string, Operation>>
}
const templates = Object.keys(document.paths).map((template) => ({
  template,
  pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}))
const ajv: AjvType = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addSchema(document, 'openapi')
const validators = new Map<string, ValidateFunction>()

/**
 * fetch that throws unless the answer is one that the OpenAPI document describes for this method and path: its
 * status, required headers, content type and every field. A path or method that the document does not have must be 404 or 405.
 */
export async function checkedFetch(url: string | URL, init: RequestInit = {}): Promise<Checked> {
  const response = await fetch(url, init)
  const type = response.headers.get('content-type')?.split(';')[0] ?? ''
  const isEndless = type === 'text/event-stream' && !new URL(url).searchParams.has('for')
  const text = isEndless ? await beginning(response) : await response.text()
  const json = type.endsWith('json') ? (JSON.parse(text) as unknown) : undefined
  const method = (init.method ?? 'GET').toLowerCase()
  const { pathname } = new URL(url)
  if (pathname !== '/v1/openapi.json') checkAnswer({ method, pathname, response, type, text, json })
  return { status: response.status, headers: response.headers, text, json }
}

/** What a stream says first; it would go on for minutes. */
async function beginning({ body }: Response): Promise<string> {
  for await (const chunk of body ?? []) return Buffer.from(chunk as Uint8Array).toString()
  return ''
}

type Answer = {
  method: string
  pathname: string
  response: Response
  type: string
  text: string
  json: unknown
}

function checkAnswer({ method, pathname, response, type, text, json }: Answer): void {
  const where = `${method.toUpperCase()} ${pathname} answered ${response.status}`
  const fail = (why: string): never => {
    throw new Error(`${where}: ${why}; body: ${text.slice(0, 500)}`)
  }
  if (!response.headers.get('x-request-id')) fail('no x-request-id')
  const template = templateOf(pathname)
  const operation = template && document.paths[template]?.[method]
  if (!template || !operation) return checkAgainst(PROBLEM, undocumented(response, fail), fail)
  const described = operation.responses[String(response.status)]
  if (!described) return fail('this status is not documented')
  const { headers = {}, content = {} } = described
  const missing = Object.keys(headers).filter(
    (name) => headers[name]?.required && !response.headers.has(name),
  )
  if (missing.length > 0) fail(`no ${missing.join(', ')}`)
  const types = Object.keys(content)
  if (types.length === 0) return text === '' ? undefined : fail('a body where none is documented')
  if (!types.includes(type)) fail(`${type || 'no content type'}, documented: ${types.join(', ')}`)
  const steps = ['paths', template, method, 'responses', String(response.status)]
  checkAgainst([...steps, 'content', type, 'schema'], type.includes('json') ? json : text, fail)

  function undocumented(answer: Response, refuse: (why: string) => never): unknown {
    if (answer.status !== 404 && answer.status !== 405) refuse('not in the document')
    return json
  }
}

const PROBLEM = ['components', 'schemas', 'Problem']

/** `/v1/events/batch` rather than `/v1/events/{id}`, where both fit. */
function templateOf(pathname: string): string | undefined {
  const fitting = templates.filter(({ pattern }) => pattern.test(pathname))
  return fitting.toSorted((a, b) => a.template.split('{').length - b.template.split('{').length)[0]
    ?.template
}

function checkAgainst(steps: string[], json: unknown, fail: (why: string) => never): void {
  const pointer = steps.map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1'))
  const ref = `openapi#/${pointer.map(encodeURIComponent).join('/')}`
  const validate = validators.get(ref) ?? ajv.compile({ $ref: ref })
  validators.set(ref, validate)
  if (!validate(json)) fail(ajv.errorsText(validate.errors))
}

/** The document with every object closed, so that a field that nobody documented is found. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const copy: Json = Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, closed(member)]),
  )
  const isOpen = copy['type'] === 'object' && 'properties' in copy && !('allOf' in copy)
  return isOpen && !('additionalProperties' in copy)
    ? { ...copy, additionalProperties: false }
    : copy
}

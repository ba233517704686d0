import { session } from './session-store.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type FieldProblem = { pointer: string; detail: string; code: string }
type Problem = {
  title: string
  detail: string
  code: string
  status: number
  requestId?: string
  errors: FieldProblem[]
}
type Options = {
  method?: Method
  body?: unknown
  query?: Record<string, string | number | boolean | undefined>
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
}

/** What herald answered instead of what was asked for, in its own words. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** The JSON that herald answers. Throws ApiProblem, also where herald does not answer at all (`unreachable`). */
export async function call<Body>(path: string, options: Options = {}): Promise<Body> {
  const { method = 'GET', body, headers, signal } = options
  const { csrf, tenant } = session()
  const response = await fetch(withQuery(path, options.query), {
    method,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(method !== 'GET' && csrf !== undefined && { 'herald-csrf': csrf }),
      ...(tenant !== undefined && { 'herald-tenant': tenant }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw unreachable()
  })
  if (response.status === 204) return undefined as Body
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok && answer !== undefined) return answer as Body
  if (response.status === 401) session().lost?.()
  throw new ApiProblem(isProblem(answer) ? answer : unreadable(response.status))
}

/** A path with its parameters; those without a value are left out. */
export function withQuery(path: string, query: Options['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text ? `${path}?${text}` : path
}

/** What to show of anything thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem
  const detail = error instanceof Error ? error.message : String(error)
  return {
    title: 'Something went wrong in the console',
    detail,
    code: 'console',
    status: 0,
    errors: [],
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value
}

function unreachable(): ApiProblem {
  const detail = 'herald does not answer. It is asked again by itself.'
  return new ApiProblem({ title: 'No answer', detail, code: 'unreachable', status: 0, errors: [] })
}

function unreadable(status: number): Problem {
  const detail = `Something before herald answered with ${status}.`
  return { title: 'No readable answer', detail, code: 'unreadable', status, errors: [] }
}

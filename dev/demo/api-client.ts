import { z } from 'zod'

const problemSchema = z.looseObject({ detail: z.string().optional(), title: z.string().optional() })

export type Answer = { status: number; etag: string | null; body: unknown }

/** Calls herald's public HTTP API as any caller would. */
export type ApiClient = (
  method: string,
  path: string,
  options?: { body?: unknown; headers?: Record<string, string> },
) => Promise<Answer>

/** A client with this key. Only network errors are thrown. */
export function createApiClient(api: string, apiKey: string): ApiClient {
  return async (method, path, { body, headers } = {}) => {
    const response = await fetch(new URL(path, api), {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        connection: 'close',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') && text
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      body: isJson ? (JSON.parse(text) as unknown) : text,
    }
  }
}

/** What went wrong, in words, for an answer of another status than wanted. */
export function refusal(what: string, { status, body }: Answer): Error {
  const problem = problemSchema.safeParse(body)
  const detail = problem.success ? (problem.data.detail ?? problem.data.title ?? '') : ''
  return new Error(`${what} was answered ${status} ${detail}`.trim())
}

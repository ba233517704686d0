import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

export type Json = Record<string, unknown>

/** Where herald is and with which key to call it: `--api` and `--key`, else what `npm start` has written. */
export function connection(): { api: string; key: string } {
  const options = { api: { type: 'string' }, key: { type: 'string' } } as const
  const { api, key } = parseArgs({ options }).values
  if (api !== undefined && key !== undefined) return { api, key }
  try {
    const dev = JSON.parse(readFileSync('.data/dev.json', 'utf8')) as {
      api: string
      apiKey: string
    }
    return { api: api ?? dev.api, key: key ?? dev.apiKey }
  } catch {
    throw new Error('There is no .data/dev.json: run `npm start` first, or give --api and --key.')
  }
}

/** The value if it is a text, else an empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Calls herald's API. Throws an Error with the problem's detail for every answer that is not 2xx. */
export async function call(
  { api, key }: { api: string; key: string },
  method: string,
  path: string,
  options: { body?: Json; ifMatch?: string } = {},
): Promise<Json> {
  const { body, ifMatch } = options
  const response = await fetch(new URL(path, api), {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body && { 'content-type': 'application/json' }),
      ...(ifMatch && { 'if-match': ifMatch }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const answer = (text ? JSON.parse(text) : {}) as Json
  if (response.ok) return answer
  const detail = textOf(answer['detail'])
  throw new Error(`${method} ${path} was answered ${response.status}: ${detail}`)
}

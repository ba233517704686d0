import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { parseArgs } from 'node:util'

export type Json = Record<string, unknown>

const OPTIONS = {
  'data-dir': { type: 'string' },
  api: { type: 'string' },
  key: { type: 'string' },
  help: { type: 'boolean' },
} as const

export const HELP = `Creates a webhook, sends events, verifies what arrives, and removes the webhook.

  --data-dir <folder>  of the npm start that runs; .data where nothing else is said
  --api <URL>          where herald is, else HERALD_URL
  --key <key>          an admin key of it, else HERALD_KEY
  --help               shows this`

/**
 * Where herald is and with which key to call it: `--api` and `--key`, else the `npm start` of `--data-dir`, else HERALD_URL and
 * HERALD_KEY, else the `npm start` of .data; `help` where only that was asked for. Throws an Error where nothing tells.
 */
export function connection(): { api: string; key: string } | 'help' {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.help) return 'help'
  const folder = values['data-dir']
  const api = values.api ?? (folder === undefined ? env['HERALD_URL'] : undefined)
  const key = values.key ?? (folder === undefined ? env['HERALD_KEY'] : undefined)
  if (api && key) return { api, key }
  const file = join(folder ?? '.data', 'dev.json')
  try {
    const dev = JSON.parse(readFileSync(file, 'utf8')) as { api: string; apiKey: string }
    return { api: api || dev.api, key: key || dev.apiKey }
  } catch {
    throw new Error(
      `There is no ${file}: run \`npm start\` first, name its --data-dir, or set HERALD_URL and HERALD_KEY.`,
    )
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

import type { Attempt } from '../api/types.ts'

/** A command that sends what this attempt sent; what herald shows masked stays masked. */
export function curlOf({ request }: Pick<Attempt, 'request'>, body: string): string | undefined {
  if (!request) return undefined
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `-H ${quoted(`${name}: ${value}`)}`,
  )
  const parts = [
    `curl -X ${request.method} ${quoted(request.url)}`,
    ...headers,
    `--data-raw ${quoted(body)}`,
  ]
  return parts.join(' \\\n  ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

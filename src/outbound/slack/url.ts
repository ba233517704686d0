import type { PostResult } from '../../delivery/types.ts'

/** Where Slack's incoming webhooks are. */
export const SLACK_HOST = 'hooks.slack.com'
const REDACTED = '…'
/** Shorter parts of a path are no secret, and would match what is none. */
const PART_MIN = 8
const PUBLIC_PARTS = new Set(['services', 'workflows', 'triggers', 'webhooks'])

/** The result as it may be kept: a server that repeats the path of its URL, which is the secret, is not repeated. */
export function withoutSlackPath(result: PostResult, url: string): PostResult {
  const { response } = result
  if (!response) return result
  const secrets = secretParts(url)
  const redacted = (text: string) =>
    secrets.reduce((left, secret) => left.replaceAll(secret, REDACTED), text)
  const headers = Object.entries(response.headers).map(([name, value]) => [name, redacted(value)])
  return {
    ...result,
    response: {
      ...response,
      body: redacted(response.body),
      headers: Object.fromEntries(headers) as Record<string, string>,
    },
  }
}

/** The path as a whole and each part that could be a token, longest first. */
function secretParts(url: string): string[] {
  const { pathname, search } = new URL(url)
  const parts = `${pathname}${search}`
    .split(/[/?&=]/)
    .filter((part) => part.length >= PART_MIN && !PUBLIC_PARTS.has(part))
  const whole = pathname.length > PART_MIN ? [`${pathname}${search}`, pathname] : []
  return [...whole, ...parts].toSorted((a, b) => b.length - a.length)
}

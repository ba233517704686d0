import { httpDateMs } from './http-date.ts'

const CAP_MS = 24 * 3_600_000
const DAY_NAME = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}$/

/**
 * How long the receiver asks to wait, in milliseconds, at most 24 h (RFC 9110 10.2.3: seconds, or an HTTP date in any of
 * its three forms). Where it asks several times, the longest wait. Undefined without the header, for garbage and for a
 * time that is over.
 */
export function retryAfterMs(headers: Record<string, string>, nowMs: number): number | undefined {
  const waitsMs = Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === 'retry-after')
    .flatMap(([, text]) => membersOf(text))
    .map((text) => waitMs(text, nowMs))
    .filter((wait) => wait !== undefined)
  return waitsMs.length === 0 ? undefined : Math.min(Math.max(...waitsMs), CAP_MS)
}

/** The values of repeated headers, which come joined by commas; the comma behind the day of a date joins nothing. */
function membersOf(text: string): string[] {
  const members: string[] = []
  for (const part of text.split(',')) {
    const last = members.at(-1)
    if (last !== undefined && DAY_NAME.test(last)) members[members.length - 1] = `${last},${part}`
    else members.push(part.trim())
  }
  return members
}

function waitMs(text: string, nowMs: number): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  const untilMs = httpDateMs(text.trimEnd(), nowMs)
  return untilMs !== undefined && untilMs >= nowMs ? untilMs - nowMs : undefined
}

import type { Duration } from './types.ts'

const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Milliseconds of `500ms`, `1.5s`, `3m`, `24h`, `5d`; undefined for any other text. */
export function parseDuration(text: Duration): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text)
  const unitMs = match && UNIT_MS[match[2] ?? '']
  return unitMs ? Math.round(Number(match[1]) * unitMs) : undefined
}

/** As parseDuration, for a value that was validated when it was stored. Throws RangeError otherwise. */
export function durationMs(text: Duration): number {
  const value = parseDuration(text)
  if (value === undefined) throw new RangeError(`not a duration: ${text}`)
  return value
}

import { spanText } from './time.ts'

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Milliseconds of `500ms`, `1s`, `3m`, `24h`, `5d`; undefined for another text. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  return number === undefined ? undefined : Number(number) * (UNITS[unit] ?? 0)
}

/** How long a backlog takes at a rate, in words. */
export function drainText(backlog: number, limit: number, per: string): string | undefined {
  const perMs = parseDuration(per)
  if (!perMs || limit < 1) return undefined
  return spanText((backlog / limit) * perMs)
}

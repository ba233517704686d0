const CAP_MS = 24 * 3_600_000

/**
 * How long the receiver asks to wait, in milliseconds, at most 24 h (RFC 9110 10.2.3: seconds or an HTTP date).
 * Undefined without the header, for garbage and for a time that is over.
 */
export function retryAfterMs(headers: Record<string, string>, nowMs: number): number | undefined {
  const text = Object.entries(headers)
    .find(([name]) => name.toLowerCase() === 'retry-after')?.[1]
    .trim()
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, CAP_MS)
  const waitMs = /^[A-Z][a-z]{2,8}, .* GMT$/.test(text) ? Date.parse(text) - nowMs : Number.NaN
  return waitMs >= 0 ? Math.min(waitMs, CAP_MS) : undefined
}

/**
 * Runs with a signal that aborts after `timeoutMs` or with the outer one. Not AbortSignal.any with AbortSignal.timeout:
 * on Node 20 such a signal may be collected before it fires, and a long-lived outer signal keeps every one of them.
 */
export async function withTimeLimit<T>(
  outer: AbortSignal,
  timeoutMs: number,
  run: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController()
  const stop = () => limit.abort()
  const timer = setTimeout(stop, timeoutMs)
  outer.addEventListener('abort', stop, { once: true })
  if (outer.aborted) stop()
  try {
    return await run(limit.signal)
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', stop)
  }
}

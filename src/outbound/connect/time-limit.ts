/**
 * Calls `reached` after `timeoutMs`, yet not before what the sockets hold by then has been read: in a process that was
 * stopped or busy, timers come before sockets. Gives what takes the limit back.
 */
export function startTimeLimit(timeoutMs: number, reached: () => void): () => void {
  let turn: NodeJS.Immediate | undefined
  const timer = setTimeout(() => {
    turn = setImmediate(() => {
      turn = setImmediate(reached) // sockets are read before each
    })
  }, timeoutMs)
  return () => {
    clearTimeout(timer)
    clearImmediate(turn)
  }
}

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
  const takeBack = startTimeLimit(timeoutMs, stop)
  outer.addEventListener('abort', stop, { once: true })
  if (outer.aborted) stop()
  try {
    return await run(limit.signal)
  } finally {
    takeBack()
    outer.removeEventListener('abort', stop)
  }
}

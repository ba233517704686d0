/** What some work comes to, and the longest time in milliseconds that the event loop could do nothing else meanwhile. */
export async function longestBlockMs<T>(
  work: () => Promise<T>,
): Promise<{ value: T; blockMs: number }> {
  let blockMs = 0
  let last = performance.now()
  let timer: NodeJS.Immediate
  const turn = () => {
    const now = performance.now()
    blockMs = Math.max(blockMs, now - last)
    last = now
    timer = setImmediate(turn)
  }
  turn()
  try {
    const value = await work()
    await new Promise(setImmediate)
    return { value, blockMs }
  } finally {
    clearImmediate(timer!)
  }
}

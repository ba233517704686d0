/** What began last, newest at `next - 1`: enough for what begins in one turn of the event loop under load. */
const REMEMBERED = 256

const names: string[] = Array.from({ length: REMEMBERED }, () => '')
const beganMs = new Float64Array(REMEMBERED)
let next = 0

/** Notes what this process does from now on, such as `POST /v1/events`; cheap enough for every request and activity. */
export function nowRunning(name: string): void {
  names[next] = name
  beganMs[next] = performance.now()
  next = (next + 1) % REMEMBERED
}

/**
 * What ran longest between two times of `performance.now()`, as far as anything was noted: from where it began to where the
 * next thing did. Undefined where nothing was ever noted.
 */
export function longestRun(
  sinceMs: number,
  untilMs: number,
): { name: string; ms: number } | undefined {
  let longest: { name: string; ms: number } | undefined
  let endMs = untilMs
  for (let back = 1; back <= REMEMBERED; back++) {
    const at = (next - back + REMEMBERED) % REMEMBERED
    const name = names[at] ?? ''
    if (name === '') break
    const startMs = beganMs[at] ?? 0
    const ms = Math.min(endMs, untilMs) - Math.max(startMs, sinceMs)
    if (ms > (longest?.ms ?? 0)) longest = { name, ms }
    if (startMs <= sinceMs) break
    endMs = startMs
  }
  return longest
}

/** Most of these times (milliseconds) in any interval of this length; half open, as "10 per second" is meant. */
export function busiest(times: number[], ms: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  let first = 0
  let most = 0
  for (const [last, at] of sorted.entries()) {
    while (at - (sorted[first] ?? at) >= ms) first += 1
    most = Math.max(most, last - first + 1)
  }
  return most
}

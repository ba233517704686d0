/** The middle one of the values, the upper of two. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** The value that this share of the values does not exceed. */
export function percentile(values: number[], share: number): number {
  return inOrder(
    values.toSorted((a, b) => a - b),
    share,
  )
}

/** p50, p95 and p99. */
export function percentiles(values: number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  return [0.5, 0.95, 0.99].map((share) => inOrder(sorted, share))
}

function inOrder(sorted: number[], share: number): number {
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
}

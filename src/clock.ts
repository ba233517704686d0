/** Epoch milliseconds with fractions; steady: a step of the wall clock after the process began does not show. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now()
}

import { z } from 'zod'

/** A whole number, also as the digits of a query. Nothing else becomes one: an empty text is not 0. */
export function wholeNumber(least: number, most: number) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value),
    z.number().int().min(least).max(most),
  )
}

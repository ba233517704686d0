/** The condition of a field that must have this value, or one of these. */
export function oneOf<T>(wanted: T | readonly T[]): T | { $in: T[] } {
  if (!Array.isArray(wanted)) return wanted as T
  const values = wanted as readonly T[]
  return values.length === 1 ? (values[0] as T) : { $in: [...values] }
}

/** The value that is asked for, where it is one alone: an index answers that best. */
export function onlyOne<T>(wanted: T | readonly T[] | undefined): T | undefined {
  if (!Array.isArray(wanted)) return wanted as T | undefined
  return wanted.length === 1 ? (wanted[0] as T) : undefined
}

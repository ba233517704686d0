import { scanJson } from './scan.ts'

/** One member of an object: its decoded key, and key and value exactly as they stand in the text. */
export type JsonMember = { key: string; rawKey: string; rawValue: string }

/**
 * The top-level members of a JSON object, as slices of the text, so that numbers beyond a double, escapes and
 * repeated keys survive. Undefined if the text is another JSON value. The text must be valid JSON.
 */
export function jsonMembers(text: string): JsonMember[] | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  return scanJson(text).members.map(({ key, rawKey, start, end }) => {
    return { key, rawKey, rawValue: text.slice(start, end) }
  })
}

/** The elements of a JSON array, exactly as they stand in the text; undefined if the text is another JSON value. */
export function jsonElements(text: string): string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined
  return scanJson(text).elements.map(({ start, end }) => text.slice(start, end))
}

/** An object of raw JSON texts: each value is put in byte for byte; undefined values are left out. */
export function rawObject(members: readonly (readonly [string, string | undefined])[]): string {
  const present = members.filter(([, raw]) => raw !== undefined)
  return `{${present.map(([key, raw]) => `${JSON.stringify(key)}:${raw}`).join(',')}}`
}

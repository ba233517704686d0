import { jsonElements, jsonMembers } from './json-members.ts'

/** The raw JSON at a path of keys and indexes, as it stands in the text; undefined where there is nothing. */
export function jsonAt(text: string, path: readonly string[]): string | undefined {
  let at: string | undefined = text
  for (const key of path) {
    if (at === undefined) return undefined
    const members = jsonMembers(at)
    at = members
      ? members.findLast((member) => member.key === key)?.rawValue
      : jsonElements(at)?.[/^\d{1,6}$/.test(key) ? Number(key) : -1]
  }
  return at
}

/**
 * A JSON value as a person reads it: a string without its quotes, a number digit by digit as it came, objects and
 * lists as JSON. Undefined for null and for what says nothing: a blank string, an empty list or object.
 */
export function readableJson(raw: string | undefined): string | undefined {
  const text = raw?.trim() ?? 'null'
  if (text === 'null' || /^(\[\s*\]|\{\s*\})$/.test(text)) return undefined
  return text.startsWith('"') ? readable(JSON.parse(text) as string) : text
}

/**
 * Space, controls, half a surrogate pair, and what Unicode says is not shown: zero-width characters, soft hyphens, Hangul
 * fillers, marks of direction, variation selectors, tags. Beside them the blank of Braille and the marks of annotations.
 */
const UNSEEN = /^[\s\p{Control}\p{Surrogate}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFB]*$/u

/** The text, or undefined if nobody could see it. */
export function readable(text: string | undefined): string | undefined {
  return text === undefined || UNSEEN.test(text) ? undefined : text
}

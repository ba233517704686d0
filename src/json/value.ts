import { jsonElements, jsonMembers } from './members.ts'

/** The raw JSON at a path of keys and indexes, as it stands in the text; undefined where there is nothing. */
export function jsonAt(text: string, path: readonly string[]): string | undefined {
  return jsonReader(text)(path)
}

/** Reads many paths of one text as jsonAt does; each object and list on the way is taken apart once. */
export function jsonReader(text: string): (path: readonly string[]) => string | undefined {
  const parts = new Map<string, ReadonlyMap<string, string>>()
  const partsOf = (raw: string) => {
    const known = parts.get(raw) ?? apart(raw)
    parts.set(raw, known)
    return known
  }
  return (path) => {
    let at: string | undefined = text
    for (const key of path) at = at === undefined ? undefined : partsOf(at).get(key)
    return at
  }
}

/** The raw values of an object by key, the last of equal keys; of a list by index; else none. */
function apart(raw: string): ReadonlyMap<string, string> {
  const members = jsonMembers(raw)
  if (members) return new Map(members.map(({ key, rawValue }) => [key, rawValue]))
  const elements = jsonElements(raw) ?? []
  return new Map(elements.map((element, index) => [String(index), element]))
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

/** One member of an object: its decoded key, and key and value exactly as they stand in the text. */
export type JsonMember = { key: string; rawKey: string; rawValue: string }

/**
 * The top-level members of a JSON object, as slices of the text, so that numbers beyond a double, escapes and
 * repeated keys survive. Undefined if the text is another JSON value. The text must be valid JSON.
 */
export function jsonMembers(text: string): JsonMember[] | undefined {
  let at = skipSpace(text, 0)
  if (text[at] !== '{') return undefined
  const members: JsonMember[] = []
  at = skipSpace(text, at + 1)
  while (text[at] === '"') {
    const keyEnd = endOfString(text, at)
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const valueEnd = endOfValue(text, valueStart)
    const rawKey = text.slice(at, keyEnd)
    const rawValue = text.slice(valueStart, valueEnd).trimEnd()
    members.push({ key: JSON.parse(rawKey) as string, rawKey, rawValue })
    at = skipSpace(text, valueEnd + 1)
  }
  return members
}

/** The elements of a JSON array, exactly as they stand in the text; undefined if the text is another JSON value. */
export function jsonElements(text: string): string[] | undefined {
  let at = skipSpace(text, 0)
  if (text[at] !== '[') return undefined
  const elements: string[] = []
  at = skipSpace(text, at + 1)
  while (at < text.length && text[at] !== ']') {
    const end = endOfValue(text, at)
    elements.push(text.slice(at, end).trimEnd())
    at = text[end] === ',' ? skipSpace(text, end + 1) : end
  }
  return elements
}

/** An object of raw JSON texts: each value is put in byte for byte; undefined values are left out. */
export function rawObject(members: readonly (readonly [string, string | undefined])[]): string {
  const present = members.filter(([, raw]) => raw !== undefined)
  return `{${present.map(([key, raw]) => `${JSON.stringify(key)}:${raw}`).join(',')}}`
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
  return at
}

/** The index behind the closing quote of the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** The index of the comma, brace or bracket that follows the value. */
function endOfValue(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    const character = text.charAt(at)
    if (depth === 0 && ',}]'.includes(character)) return at
    if (character === '"') {
      at = endOfString(text, at)
      continue
    }
    if (character === '{' || character === '[') depth++
    if (character === '}' || character === ']') depth--
    at++
  }
  return at
}

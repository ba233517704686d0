/** Where a value stands in the text: `text.slice(start, end)` is its JSON, without the space around it. */
export type Slice = { start: number; end: number }
export type JsonScan = {
  /** 0 for a plain value, 1 for `{}`, 2 for `{"a":[]}`. */
  depth: number
  /** Keys of all objects, at any depth. */
  keys: number
  /** The members of a top-level object, in order, also those whose key comes twice. */
  members: (Slice & { key: string; rawKey: string })[]
  /** The elements of a top-level array. */
  elements: Slice[]
}

const QUOTE = 34
const BACKSLASH = 92
const [COMMA, COLON] = [44, 58]

/**
 * One linear pass over text that JSON.parse accepts: its depth, the number of its keys, and where its top-level
 * members or elements stand, so that they can be kept byte for byte. Strings are skipped, never decoded.
 */
export function scanJson(text: string): JsonScan {
  const scan: JsonScan = { depth: 0, keys: 0, members: [], elements: [] }
  const isObject = text.trimStart().startsWith('{')
  let depth = 0
  let lastString: Slice = { start: 0, end: 0 }
  let rawKey: string | undefined
  let valueFrom = 0
  const close = (end: number) => {
    const slice = trimmed(text, valueFrom, end)
    if (isObject && rawKey !== undefined)
      scan.members.push({ key: JSON.parse(rawKey) as string, rawKey, ...slice })
    if (!isObject && slice.start < slice.end) scan.elements.push(slice)
    rawKey = undefined
  }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      lastString = { start: at, end: endOfString(text, at) }
      at = lastString.end - 1
    } else if (code === COLON) {
      scan.keys += 1
      if (depth !== 1) continue
      rawKey = text.slice(lastString.start, lastString.end)
      valueFrom = at + 1
    } else if (code === COMMA && depth === 1) {
      close(at)
      valueFrom = at + 1
    } else if (opens(code)) {
      depth += 1
      if (depth === 1) valueFrom = at + 1
      scan.depth = Math.max(scan.depth, depth)
    } else if (closes(code)) {
      if (depth === 1) close(at)
      depth -= 1
    }
  }
  return scan
}

/** The first key that a top-level object has twice, or undefined. */
export function duplicateKey(scan: JsonScan): string | undefined {
  const seen = new Set<string>()
  return scan.members.find(({ key }) => seen.size === seen.add(key).size)?.key
}

/** `{` and `[`. */
function opens(code: number): boolean {
  return code === 123 || code === 91
}

/** `}` and `]`. */
function closes(code: number): boolean {
  return code === 125 || code === 93
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at += 1
    else if (code === QUOTE) return at + 1
  }
  return text.length
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

function trimmed(text: string, from: number, to: number): Slice {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start += 1
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1
  return { start, end }
}

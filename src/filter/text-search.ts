/** Up to this length the search of JavaScript is fast enough whatever the texts; beyond it can take seconds. */
const SHORT = 32

/** Where `wanted` stands first in `text` at or behind `from`, or -1. Linear in both, whatever they hold. */
export function firstIndex(text: string, wanted: string, from = 0): number {
  if (wanted.length <= SHORT) return text.indexOf(wanted, from)
  for (const at of occurrences(text, wanted, from)) return at
  return -1
}

/** Where `wanted` stands last in `text`, beginning at `until` or before, or -1. Linear in both, whatever they hold. */
export function lastIndex(text: string, wanted: string, until = Infinity): number {
  if (wanted.length <= SHORT) return text.lastIndexOf(wanted, until)
  let last = -1
  for (const at of occurrences(text, wanted, 0)) {
    if (at > until) break
    last = at
  }
  return last
}

/** Knuth, Morris and Pratt: no character of the text is looked at again. */
function* occurrences(text: string, wanted: string, from: number): Generator<number> {
  const borders = bordersOf(wanted)
  let matched = 0
  for (let at = from; at < text.length; at++) {
    matched = extended(wanted, borders, { matched, code: text.charCodeAt(at) })
    if (matched < wanted.length) continue
    yield at - wanted.length + 1
    matched = borders[matched - 1] ?? 0
  }
}

/** For each prefix of the text, how long its longest end is that it also begins with. */
function bordersOf(wanted: string): Uint32Array {
  const borders = new Uint32Array(wanted.length)
  let matched = 0
  for (let at = 1; at < wanted.length; at++) {
    matched = extended(wanted, borders, { matched, code: wanted.charCodeAt(at) })
    borders[at] = matched
  }
  return borders
}

function extended(
  wanted: string,
  borders: Uint32Array,
  { matched, code }: { matched: number; code: number },
): number {
  let length = matched
  while (length > 0 && wanted.charCodeAt(length) !== code) length = borders[length - 1] ?? 0
  return wanted.charCodeAt(length) === code ? length + 1 : length
}

const EDITS_MAX = 2
const LENGTH_MAX = 64

/** The name that was probably meant: at most two edits away and less than half of it; undefined if none is near. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  if (given.length > LENGTH_MAX) return undefined
  const lower = given.toLowerCase()
  let best: { name: string; edits: number } | undefined
  for (const name of names) {
    const edits = editDistance(lower, name.toLowerCase())
    if (edits <= Math.floor(name.length / 2) && edits < (best?.edits ?? Infinity))
      best = { name, edits }
  }
  return best?.name
}

/** Levenshtein's distance where it is at most two, else Infinity; so only five cells of each row are needed. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > EDITS_MAX) return Infinity
  let row = Array.from({ length: b.length + 1 }, (_, j) => (j <= EDITS_MAX ? j : Infinity))
  for (let i = 1; i <= a.length; i++) {
    const next = Array.from({ length: b.length + 1 }, () => Infinity)
    if (i <= EDITS_MAX) next[0] = i
    for (let j = Math.max(1, i - EDITS_MAX); j <= Math.min(b.length, i + EDITS_MAX); j++) {
      const replaced = (row[j - 1] ?? Infinity) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next[j] = Math.min((row[j] ?? Infinity) + 1, (next[j - 1] ?? Infinity) + 1, replaced)
    }
    row = next
    if (Math.min(...row) > EDITS_MAX) return Infinity
  }
  const edits = row[b.length] ?? Infinity
  return edits <= EDITS_MAX ? edits : Infinity
}

const EDITS_MAX = 2
const LENGTH_MAX = 64
/** With more of them nobody waits for the nearest. */
const NAMES_MAX = 2_000
const FAR = EDITS_MAX + 1

/** The name that was probably meant: at most two edits away and less than half of it; undefined if none is near. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  if (given.length > LENGTH_MAX || names.length > NAMES_MAX) return undefined
  const lower = given.toLowerCase()
  let best: { name: string; edits: number } | undefined
  for (const name of names) {
    if (Math.abs(name.length - given.length) > EDITS_MAX) continue
    const edits = editDistance(lower, name.toLowerCase())
    if (edits > EDITS_MAX || edits > Math.floor(name.length / 2)) continue
    if (edits < (best?.edits ?? FAR)) best = { name, edits }
  }
  return best?.name
}

/** Levenshtein's distance where it is at most two, else more; so five cells of each row are enough. */
function editDistance(a: string, b: string): number {
  let row = Uint8Array.from({ length: b.length + 1 }, (_, j) => Math.min(j, FAR))
  let next = new Uint8Array(b.length + 1)
  for (let i = 1; i <= a.length; i++) {
    next.fill(FAR)
    let least = FAR
    for (let j = Math.max(0, i - EDITS_MAX); j <= Math.min(b.length, i + EDITS_MAX); j++) {
      const replaced = (row[j - 1] ?? FAR) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next[j] = Math.min((row[j] ?? FAR) + 1, (next[j - 1] ?? FAR) + 1, j > 0 ? replaced : FAR, FAR)
      least = Math.min(least, next[j] ?? FAR)
    }
    if (least >= FAR) return FAR
    ;[row, next] = [next, row]
  }
  return row[b.length] ?? FAR
}

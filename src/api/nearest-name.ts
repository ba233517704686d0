/** The name that was probably meant: at most two edits away and less than half of it; undefined if none is near. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const lower = given.toLowerCase()
  const [best] = names
    .map((name) => ({ name, edits: editDistance(lower, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.min(2, Math.floor(name.length / 2)))
    .toSorted((a, b) => a.edits - b.edits)
  return best?.name
}

/** Levenshtein's distance; names longer than 64 characters are far from everything. */
function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Infinity
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced))
    }
    row = next
  }
  return row[b.length] ?? Infinity
}

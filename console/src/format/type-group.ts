/** What the names of event types are grouped by: their first word. */
export function typeGroup(name: string): string {
  return /^[^_.:/-]+/.exec(name)?.[0] ?? name
}

/** The glob that has the names of a group, and as few others as can be. */
export function groupGlob(group: string, names: readonly string[]): string {
  const separators = new Set(names.map((name) => name.charAt(group.length)))
  const [only = ''] = separators
  return separators.size === 1 ? `${group}${only}*` : `${group}*`
}

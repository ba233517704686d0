// A ladder is a list of rungs, each a way to a server; the first that works is taken.

/**
 * A rung: `find` looks without changing anything; `get` downloads or builds, and is tried only when nothing was found.
 * @typedef {{ name: string, find?: () => Promise<object | undefined>, get?: () => Promise<object> }} Rung
 */

/** The first rung that finds something, with the rung's name; undefined where none does. Throws what a rung throws. */
export async function findOn(rungs) {
  for (const rung of rungs) {
    const found = await rung.find?.()
    if (found) return { rung: rung.name, ...found }
  }
  return undefined
}

/** As findOn, then tries to get it, rung by rung. Throws an Error that lists why each rung failed. */
export async function getOn(rungs, { what, say, instructions }) {
  const found = await findOn(rungs)
  if (found) return found
  const reasons = []
  for (const rung of rungs.filter((each) => each.get)) {
    try {
      say(`${what}: getting it by ${rung.name} …`)
      const got = { rung: rung.name, ...(await rung.get()) }
      say(`${what} ${got.version} (${rung.name})`)
      return got
    } catch (error) {
      reasons.push(`  ${rung.name}: ${error.message}`)
    }
  }
  throw new Error(`${what} could not be found or got:\n${reasons.join('\n')}\n${instructions}`)
}

/** Whether dotted version `text` is at least `least`, compared number by number. */
export function isAtLeast(text, least) {
  const wanted = least.split('.').map(Number)
  const given = text.split('.').map((part) => Number.parseInt(part, 10) || 0)
  for (const [i, number] of wanted.entries()) {
    if ((given[i] ?? 0) !== number) return (given[i] ?? 0) > number
  }
  return true
}

import { describe, expect, it } from 'vitest'
import { historyFiles, isLong, nameOf, readHistory } from './histories.ts'
import { HARMLESS } from './planted/harmless.ts'
import { PARTS } from './planted/parts.ts'
import { quietSdk, replayErrors } from './replay-errors.ts'
import { workflowOf } from './story.ts'
import { bundleOfCopy, checkEdits } from './workflow-copy.ts'

/** HERALD_TEST_LONG=1: every change by itself; else a handful, which FUZZ_SEED chooses. */
const isWhole = Boolean(process.env['HERALD_TEST_LONG'])
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)
/** Code that does not run at all fails as well, and would prove nothing. */
const NOT_FOLLOWED = /Nondeterminism error|Fatal error in workflow machines/

const files = await Promise.all(
  (await historyFiles()).map(async (file) => {
    const workflow = workflowOf(await readHistory(file))
    return { file, name: nameOf(file), workflow }
  }),
)
const parts = PARTS.map(({ workflows, changes }) => {
  const own = files.filter(({ workflow }) => workflows.some((name) => name === workflow))
  return changes.map((change) => ({ ...change, own }))
})
const changes = parts.flat()
type Change = (typeof changes)[number]

/** Changes that are planted together: one of each part, and never two that the same workflow would show. */
function handful(): Change[][] {
  const chosen = parts.flatMap((all) => {
    const quick = all.filter(({ caughtBy }) => !caughtBy.map(fileOf).some(isLong))
    return quick[seed % quick.length] ?? []
  })
  return [chosen.slice(0, -1), chosen.slice(-1)]
}

/** Throws where there is no such history. */
function fileOf(name: string): string {
  const found = files.find((one) => one.name === name)
  if (!found) throw new Error(`there is no history ${name}`)
  return found.file
}

const hands = isWhole ? changes.map((change) => [change]) : handful()
const harmless = isWhole
  ? [{ what: 'nothing at all', edits: [] }, ...HARMLESS]
  : [{ what: 'all of them', edits: HARMLESS.flatMap(({ edits }) => edits) }]

quietSdk()
console.info(`planted changes: FUZZ_SEED=${seed}`)

/** The stored histories are a net for changes that running workflows cannot follow. These are thrown into it. */
describe('a change of workflow code that running workflows cannot follow', () => {
  it.each(changes.map((change) => [change.what, change] as const))(
    'fits the code of today: %s',
    async (_, { edits, caughtBy }) => {
      await checkEdits(edits)
      expect(caughtBy.map(fileOf).length).toBeGreaterThan(0)
    },
  )

  it.each(hands.map((hand) => [hand.map(({ what }) => what).join('; '), hand] as const))(
    'is caught: %s',
    { timeout: 180_000 },
    async (_, hand) => {
      const bundle = await bundleOfCopy(hand.flatMap(({ edits }) => edits))
      for (const change of hand) {
        const replayed = isWhole ? allThatMayCatch(change) : change.caughtBy.map(fileOf)
        const errors = await replayErrors(bundle, replayed)
        const caught = replayed.filter((file) => errors.get(file)).map(nameOf)
        console.info(`${change.what} | ${caught.join(', ')}`)
        expect(caught).toEqual(expect.arrayContaining(change.caughtBy))
        for (const error of errors.values()) if (error) expect(error.message).toMatch(NOT_FOLLOWED)
      }
    },
  )
})

/** The histories of the workflows whose code it changes; the long ones only where they are named. */
function allThatMayCatch({ own, caughtBy }: Change): string[] {
  return own
    .filter(({ file, name }) => !isLong(file) || caughtBy.includes(name))
    .map(({ file }) => file)
}

describe('a change of workflow code that running workflows can follow', () => {
  it.each(harmless.map((change) => [change.what, change] as const))(
    'is let through: %s',
    { timeout: 180_000 },
    async (_, { edits }) => {
      const bundle = await bundleOfCopy(edits)
      const replayed = files
        .map(({ file }) => file)
        .filter((file, n) => !isLong(file) && (isWhole || n % 3 === seed % 3))
      const errors = await replayErrors(bundle, replayed)
      expect(replayed.filter((file) => errors.get(file))).toEqual([])
      expect(errors.size).toBe(replayed.length)
    },
  )
})

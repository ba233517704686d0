import { beforeAll, describe, expect, inject, it } from 'vitest'
import { historyFiles, isLong, nameOf, readHistory } from './histories.ts'
import { EARLIER, PATHS } from './paths.ts'
import { SCENARIOS } from './recorder/scenarios.ts'
import { quietSdk, replayErrors } from './replay-errors.ts'
import { storyOf, workflowOf } from './story.ts'

const files = await historyFiles()
/** HERALD_TEST_LONG=1: those too that take seconds each. */
const replayed = files.filter((file) => process.env['HERALD_TEST_LONG'] || !isLong(file))
const paths = Object.entries(PATHS).flatMap(([workflow, stories]) =>
  Object.entries(stories).map(([path, story]) => ({
    name: `${workflow}-${path}`,
    workflow,
    story,
  })),
)

quietSdk()

/** Histories of real runs, kept for good: a change of workflow code must be able to go on with every one of them. */
describe('stored histories', () => {
  let errors: Map<string, Error | undefined>

  beforeAll(async () => {
    errors = await replayErrors({ codePath: inject('workflowBundle') }, replayed)
  })

  it('are there for each path of each workflow, and those of earlier versions are all kept', () => {
    const named = [...paths.map((path) => path.name), ...EARLIER]
    expect(files.map(nameOf).toSorted()).toEqual(named.toSorted())
  })

  it('can be recorded: each path has its scenario', () => {
    const recordable = Object.entries(SCENARIOS).flatMap(([workflow, scenarios]) =>
      scenarios.map(({ path }) => `${workflow}-${path}`),
    )
    expect(recordable.toSorted()).toEqual(paths.map((path) => path.name).toSorted())
  })

  it.each(paths)('$name is the history of this path', async ({ name, workflow, story }) => {
    const file = files.find((one) => nameOf(one) === name) ?? ''
    const history = await readHistory(file)
    expect(workflowOf(history)).toBe(workflow)
    expect(storyOf(history)).toBe(story)
  })

  it.each(replayed)('%s replays with the workflow code of today', (file) => {
    expect(errors.has(file)).toBe(true)
    expect(errors.get(file)).toBeUndefined()
  })
})

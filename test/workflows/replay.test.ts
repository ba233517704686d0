import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { describe, expect, inject, it } from 'vitest'

const folder = fileURLToPath(new URL('./histories/', import.meta.url))
const files = (await readdir(folder)).filter((name) => name.endsWith('.json'))

Runtime.install({ logger: new DefaultLogger('WARN') })

/** Histories of real runs, kept for good: a change of workflow code must be able to go on with every one of them. */
describe('stored histories', () => {
  it('are there for each way that a workflow can go', () => {
    expect(files.length).toBeGreaterThanOrEqual(6)
  })

  it.each(files)('%s replays with the workflow code of today', async (name) => {
    const history: unknown = JSON.parse(await readFile(`${folder}${name}`, 'utf8'))
    const workflowBundle = { codePath: inject('workflowBundle') }
    await Worker.runReplayHistory({ workflowBundle }, history)
  })
})

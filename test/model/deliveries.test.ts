import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createIndexes, defineModels, type Models, openModels } from '../../src/models/connect.ts'
import { testDatabaseUri } from '../support/servers/servers.ts'
import { commands } from './commands.ts'
import { type Plan, Simulation } from './simulation.ts'

vi.mock('@temporalio/workflow', () => import('./workflow-runtime.ts'))

const LONG = process.env['HERALD_TEST_LONG'] === '1'
const RUNS = Number(process.env['HERALD_TEST_RUNS'] ?? (LONG ? 20_000 : 300))
/** The same runs in every CI; nightly runs draw their own. */
const SEED = LONG ? {} : { seed: 20_261_127 }
const COMMANDS_MOST = 20

let models: Models
beforeAll(async () => {
  models = defineModels()
  await openModels(models, testDatabaseUri('model'))
  await createIndexes(models)
})
afterAll(async () => {
  await models.connection.dropDatabase()
  await models.connection.close()
})

const webhook = fc.record({
  types: fc.constantFrom('all', 'all', 'a', 'b'),
  limit: fc.record({ limit: fc.integer({ min: 1, max: 3 }), per: fc.constantFrom('500ms', '1s') }),
  isLimited: fc.boolean(),
  retries: fc.integer({ min: 0, max: 3 }),
  retryMs: fc.constantFrom(60, 400, 1_500),
  concurrency: fc.integer({ min: 1, max: 4 }),
  timeoutMs: fc.constantFrom(800, 2_000),
  fails: fc.constantFrom(0, 0.3, 0.8),
  slowest: fc.constantFrom(40, 300, 900),
})
const plan: fc.Arbitrary<Plan> = fc.record({
  seed: fc.noShrink(fc.integer()),
  hosts: fc.integer({ min: 1, max: 2 }),
  perOrigin: fc.constantFrom(2, 4, 100),
  webhooks: fc.array(webhook, { minLength: 1, maxLength: 3 }),
})

it('deliveries keep every promise, whatever happens at once', async () => {
  const { replayPath, ...replayed } = JSON.parse(
    process.env['HERALD_TEST_REPLAY'] ?? '{}',
  ) as fc.Parameters<unknown> & { replayPath?: string }
  let runs = 0
  const totals = { ops: 0, steps: 0, requests: 0, modelMs: 0 }
  const property = fc.asyncProperty(
    plan,
    commands(COMMANDS_MOST, replayPath),
    async (planned, list) => {
      runs += 1
      const simulation = new Simulation(planned, models)
      try {
        await simulation.begin()
        await fc.asyncModelRun(() => ({ model: {}, real: simulation }), list)
        await simulation.finish()
      } finally {
        totals.ops += simulation.mongo.count
        totals.steps += simulation.world.count
        totals.requests += simulation.referee.requests.length
        totals.modelMs += simulation.world.nowMs - Date.UTC(2030, 0, 1)
        simulation.end()
      }
    },
  )
  await fc.assert(property as fc.IAsyncPropertyWithHooks<unknown>, {
    numRuns: RUNS,
    ...SEED,
    ...replayed,
  })
  console.info(`model: ${JSON.stringify({ runs, ...totals })}`)
  expect(runs).toBeGreaterThan(0)
}, 3_600_000)

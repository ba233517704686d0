import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { reopen, type ReopenDependencies } from '../../../src/activities/deliver/reopen.ts'
import { defineModels, type Models, openModels } from '../../../src/models/connect.ts'
import { DeliveryChanges } from '../../../src/models/deliveries/changes.ts'
import { createLogger } from '../../../src/logger.ts'
import { LaneBells } from '../../../src/activities/lane/bells.ts'
import { LaneWaker } from '../../../src/activities/lane/waker.ts'
import { addWebhook } from '../../api/support.ts'
import { testDatabaseUri } from '../../support/servers/servers.ts'

const OWN = { workflow: 'adopt/1', run: 'run-2' }
let models: Models
let deps: ReopenDependencies

beforeAll(async () => {
  models = defineModels()
  await openModels(models, testDatabaseUri('reopen'))
  const signal = () => Promise.resolve()
  const waker = new LaneWaker({ bells: new LaneBells(), signal, logger: createLogger('silent') })
  const isRunning = () => Promise.resolve(false)
  deps = { models, changes: new DeliveryChanges(models), waker, isRunning }
})
afterAll(async () => {
  await models.connection.dropDatabase()
  await models.connection.close()
})
beforeEach(async () => {
  await models.webhooks.deleteMany({})
  await models.deliveries.deleteMany({})
})

async function addRow(state: 'pending' | 'cancelled'): Promise<void> {
  const at = new Date()
  await models.deliveries.create({
    _id: 'dlv_1',
    tenant: 'default',
    event: 'e-1',
    webhook: 'wh_1',
    type: 'a',
    state,
    body: '{}',
    contentType: 'application/json',
    workflow: 'event/default/e-1',
    carrier: { workflow: 'event/default/e-1', run: 'run-1' },
    createdAt: at,
    updatedAt: at,
    dueAt: at,
    attempts: 0,
    failures: 0,
    unknowns: 0,
    round: 1,
  })
}

const asked = (round: number | 'now') => ({
  tenant: 'default',
  delivery: 'dlv_1',
  by: 'herald',
  round,
})

describe('a delivery whose webhook was deleted', () => {
  beforeEach(() => addWebhook(models, { _id: 'wh_1', deletedAt: new Date() }))

  it('is carried by who finds it without a carrier, so that it ends', async () => {
    await addRow('pending')
    const { target, carries } = await reopen(asked('now'), OWN, deps)
    expect(carries).toBe(true)
    expect(target?.deliveries).toEqual(['dlv_1'])
    expect((await models.deliveries.findById('dlv_1').lean())?.carrier).toEqual(OWN)
  })

  it('is not owed again once it is finished', async () => {
    await addRow('cancelled')
    expect(await reopen(asked(2), OWN, deps)).toEqual({ target: undefined })
    expect((await models.deliveries.findById('dlv_1').lean())?.state).toBe('cancelled')
  })
})

import { expect, it } from 'vitest'
import { defineModels, openModels } from '../../src/models/connect.ts'
import { testDatabaseUri } from '../support/servers/servers.ts'
import { until } from '../support/until.ts'

it('connections for several results at once are there before anything is asked', async () => {
  const models = defineModels()
  await openModels(models, testDatabaseUri('pool'))
  let ready = 0
  models.connection.getClient().on('connectionReady', () => (ready += 1))
  await until(() => ready >= 6)
  expect(ready).toBeGreaterThanOrEqual(6)
  await models.connection.close()
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findMongo } from '../../../scripts/servers.mjs'
import type { Child } from '../../../dev/servers/child.ts'
import { startMongo } from '../../../dev/servers/mongo.ts'
import { choosePorts } from '../../../dev/servers/ports.ts'
import { defineModels, openModels } from '../../../src/models/connect.ts'
import { until } from '../../support/until.ts'

const WRITERS = 6
let dataDir: string
let children: Child[]
beforeEach(async () => {
  children = []
  dataDir = await mkdtemp(join(tmpdir(), 'herald-durable-'))
})
afterEach(async () => {
  await Promise.all(children.map((child) => child.stop(5_000)))
  await rm(dataDir, { recursive: true, force: true })
})

async function start(port: number) {
  const env = { ...process.env, MONGODB_URI: undefined }
  const source = await findMongo({ environment: env })
  if (!source || source.engine === 'external') throw new Error('there is no MongoDB to start')
  const plan = { source, dataDir, port, env }
  const { child, uri } = await startMongo(plan, (started) => void children.push(started))
  const models = defineModels()
  await openModels(models, `${uri}/durable?directConnection=true`)
  return { child, models }
}

describe('the MongoDB of npm start', () => {
  it.each([1, 2, 3, 4])(
    'keeps every write that it has answered when it is killed (%i)',
    async () => {
      const { mongo: port } = await choosePorts(0)
      const { child, models } = await start(port)
      const answered: string[] = []
      const writers = Array.from({ length: WRITERS }, async (_, writer) => {
        for (let n = 0; ; n++) {
          const _id = `default/${writer}-${n}`
          await models.events.collection.updateOne(
            { _id: _id as never },
            { $set: { tenant: 'default', id: `${writer}-${n}` } },
            { upsert: true },
          )
          answered.push(_id)
        }
      })
      await until(() => answered.length > 50)
      await sleep(Math.random() * 100) // at any moment between two flushes
      child.kill()
      await Promise.allSettled(writers)
      await models.connection.close(true)
      await child.ended
      const again = await start(port)
      const stored = await again.models.events.find({}, { _id: 1 }).lean().exec()
      const there = new Set<string>(stored.map(({ _id }) => _id))
      expect(answered.filter((id) => !there.has(id))).toEqual([])
      await again.models.connection.close()
    },
  )
})

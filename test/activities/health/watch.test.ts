import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HealthWatch } from '../../../src/activities/health/watch.ts'
import type { EventEnvelope } from '../../../src/delivery/types.ts'
import { createLogger } from '../../../src/logger.ts'
import {
  createIndexes,
  defineModels,
  type Models,
  openModels,
} from '../../../src/models/connect.ts'
import type { WebhookDocument } from '../../../src/models/webhooks/document.ts'
import { countFailures } from '../../../src/models/webhooks/health.ts'
import { addWebhook } from '../../api/support.ts'
import { testDatabaseUri } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const HOUR_MS = 3_600_000
const START = Date.UTC(2026, 0, 1)
const ordinary: { type: string; test?: boolean } = { type: 'a' }

let models: Models
const stopping = new AbortController()
beforeAll(async () => {
  models = defineModels()
  await openModels(models, testDatabaseUri('health_watch'))
  await createIndexes(models)
})
afterAll(async () => {
  stopping.abort()
  await models.connection.dropDatabase()
  await models.connection.close(true)
})

/** Two processes that share MongoDB and a clock, and a webhook; ingest is away for the first `refusals` calls. */
async function scene(id: string, fields: Partial<WebhookDocument> = {}, refusals = 0) {
  await addWebhook(models, {
    _id: id,
    tenant: 'acme',
    name: 'CRM',
    events: ['a'],
    target: { type: 'http', url: 'https://crm.example.com:8443/secret/path', timeout: '5s' },
    createdAt: new Date(START),
    ...fields,
  })
  const clock = { hours: 0 }
  const now = () => START + clock.hours * HOUR_MS
  const said: EventEnvelope[] = []
  let refused = 0
  const accept = async ([event]: EventEnvelope[]) => {
    if (refused++ < refusals) throw new Error('away')
    if (event && !said.some((one) => one.id === event.id)) said.push(event)
  }
  const logger = createLogger('silent')
  const deps = { models, logger, now, accept, stopping: stopping.signal }
  const processes = [new HealthWatch(deps), new HealthWatch(deps)] as const
  const stored = async () => {
    const found = await models.webhooks.findById(id).lean<WebhookDocument>().exec()
    if (!found) throw new Error('the webhook is there')
    return found
  }
  /** Reports as an attempt would that read the webhook when its round began. */
  const report = async (
    watch: HealthWatch,
    hours: number,
    { count = 1, isSuccess = false, row = ordinary } = {},
  ) => {
    clock.hours = hours
    const read = await stored()
    for (let n = 0; n < count; n++) watch.report(row, read, { isSuccess, at: new Date(now()) })
  }
  const counted = (attempts: number) =>
    until(async () => (await stored()).health?.attempts === attempts, {
      what: `${attempts} counted`,
    })
  return { processes, said, stored, report, counted }
}

const typesOf = (said: EventEnvelope[]) => said.map(({ type }) => type.split('.').at(-1))

describe('watching a webhook', () => {
  it('over days and two processes warns at 2.5 days, disables at 5, and says each once', async () => {
    const { processes, said, stored, report, counted } = await scene('wh_days')
    const [one, other] = processes
    await report(one, 0, { count: 6 })
    await counted(6)
    await report(other, 59, { count: 6 })
    await counted(12)
    expect(said).toEqual([])
    await report(other, 60)
    await until(() => said.length === 1)
    await report(one, 119.9, { count: 30 })
    await counted(43)
    expect(await stored()).toMatchObject({ state: 'active', version: 1 })
    await Promise.all([report(one, 120), report(other, 120)])
    await until(() => said.length === 2)
    expect(typesOf(said)).toEqual(['failing', 'disabled'])
    expect(await stored()).toMatchObject({ state: 'disabled', version: 2 })
    expect(said[1]).toMatchObject({ tenant: 'acme', subject: 'wh_days' })
    expect(JSON.parse(said[1]?.data ?? '')).toMatchObject({
      host: 'crm.example.com:8443',
      code: 'failing',
      since: new Date(START).toISOString(),
    })
    expect(said.map(({ data }) => data).join()).not.toContain('secret')
    await until(async () => (await stored()).notices?.length === 0)
    expect(await models.audit.find({ resource: 'wh_days' }).lean()).toHaveLength(1)
  })

  it('forgets failures with a success that another process saw', async () => {
    const { processes, said, stored, report, counted } = await scene('wh_success')
    const [one, other] = processes
    await report(one, 0, { count: 50 })
    await counted(50)
    await report(other, 1, { isSuccess: true })
    await until(async () => (await stored()).health === undefined)
    await report(one, 200)
    await counted(1)
    expect(await stored()).toMatchObject({ state: 'active', version: 1 })
    expect(said).toEqual([])
  })

  it('counts no failed test, none of a webhook that is not active, and no write twice', async () => {
    const { processes, stored, report } = await scene('wh_none', { state: 'paused' })
    await report(processes[0], 0, { row: { type: 'a', test: true } })
    const firstAt = new Date(START)
    expect(
      (await countFailures(models.webhooks, 'wh_none', { count: 1, firstAt, flush: 'x' }))?.health,
    ).toBeUndefined()
    await models.webhooks.updateOne({ _id: 'wh_none' }, { $set: { state: 'active' } })
    for (const flush of ['x', 'x', 'y'])
      await countFailures(models.webhooks, 'wh_none', { count: 2, firstAt, flush })
    expect((await stored()).health).toMatchObject({ attempts: 4, since: firstAt })
  })

  it('disables in silence where only operator events fail, and audits it', async () => {
    const { processes, said, stored, report, counted } = await scene('wh_quiet')
    const row = { type: 'herald.webhook.failing' }
    await report(processes[0], 0, { count: 25, row })
    await counted(25)
    await report(processes[0], 130, { row })
    await until(async () => (await stored()).state === 'disabled')
    await until(async () => (await stored()).notices?.length === 0)
    expect(said).toEqual([])
    expect(await models.audit.find({ resource: 'wh_quiet' }).lean()).toMatchObject([
      { key: 'herald', action: 'webhook.disabled', tenant: 'acme' },
    ])
  })

  it('says it later where events cannot be accepted now', async () => {
    const { processes, said, stored, report, counted } = await scene('wh_later', {}, 1)
    await report(processes[0], 0, { count: 20 })
    await counted(20)
    await report(processes[0], 121)
    await until(async () => (await stored()).state === 'disabled')
    expect((await stored()).notices).toHaveLength(1)
    await until(() => said.length === 1)
    await until(async () => (await stored()).notices?.length === 0)
    expect(typesOf(said)).toEqual(['disabled'])
  })
})

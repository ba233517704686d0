import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Webhook } from 'standardwebhooks'
import type { Herald, Json } from '../support/herald.ts'
import { type Hit, startReceiver } from '../support/receiver.ts'
import { Scene } from '../support/scene.ts'
import { until } from '../support/until.ts'

/** A change is in force at the latest after this. */
const SEEN_MS = 1_000
/** Clocks of sender and receiver are one, but a request takes its time. */
const WAY_MS = 150

const scene = new Scene('edits')
const { hook, patch } = scene
let herald: Herald
beforeAll(async () => {
  herald = await scene.start()
})
afterAll(() => scene.stop())

const ONE_BY_ONE = { concurrency: 1, retry: { type: 'fixed', interval: '1s', retries: 0 } }

async function post(type: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({ type, data: { n } }))
  expect((await herald.call('POST', '/v1/events/batch', { events })).status).toBe(202)
}

/** Changes a webhook; the epoch milliseconds of the answer. */
async function patched(id: string, body: Json): Promise<number> {
  await patch(id, body)
  return Date.now()
}

const attempts = async (webhook: string) =>
  (await herald.runtime.models.deliveries.find({ webhook }).lean()).flatMap((row) => row.log ?? [])

describe('a change of a webhook counts within a second, also for what is owed by then:', () => {
  const changes: [
    what: string,
    type: string,
    target: Json & { path?: string },
    isNew: (hit: Hit) => boolean,
  ][] = [
    [
      'its headers',
      'edit.headers',
      { headers: { 'x-edit': 'new' } },
      ({ headers }) => headers['x-edit'] === 'new',
    ],
    [
      'its API key',
      'edit.key',
      { apiKey: { header: 'x-api-key', value: 'new' } },
      ({ headers }) => headers['x-api-key'] === 'new',
    ],
    ['its path', 'edit.path', { path: 'moved' }, ({ path }) => path === '/moved'],
  ]
  it.each(changes)(
    '%s',
    async (_what, type, { path, ...fields }: Json & { path?: string }, isNew) => {
      const { receiver, webhook } = await hook(type, ONE_BY_ONE, () => ({
        status: 200,
        delayMs: 200,
      }))
      await post(type, 24)
      await until(() => receiver.hits.length === 3)
      const url = path ? new URL(path, receiver.url).href : receiver.url
      const changedAt = await patched(webhook.id, { target: { type: 'http', url, ...fields } })
      await until(() => receiver.hits.length === 24, { seconds: 30 })
      const late = receiver.hits.filter(({ at }) => at > changedAt + SEEN_MS + WAY_MS)
      expect(receiver.hits.filter((hit) => !isNew(hit)).length).toBeGreaterThanOrEqual(3)
      expect(late.length).toBeGreaterThan(5)
      expect(late.filter((hit) => !isNew(hit))).toEqual([])
    },
  )

  it('its URL, of another origin', async () => {
    const slow = () => ({ status: 200, delayMs: 200 })
    const to = await startReceiver(slow)
    const { receiver, webhook } = await hook('edit.url', ONE_BY_ONE, slow)
    await post('edit.url', 24)
    await until(() => receiver.hits.length === 3)
    const changedAt = await patched(webhook.id, { target: { type: 'http', url: to.url } })
    await until(() => receiver.hits.length + to.hits.length === 24, { seconds: 30 })
    const late = receiver.hits.filter(({ at }) => at > changedAt + SEEN_MS + WAY_MS)
    expect(late).toEqual([])
    expect(to.hits.length).toBeGreaterThan(5)
    await to.close()
  })

  it('its secret, where it is rotated without an overlap', async () => {
    const slow = () => ({ status: 200, delayMs: 200 })
    const { receiver, webhook } = await hook('edit.secret', ONE_BY_ONE, slow)
    await post('edit.secret', 24)
    await until(() => receiver.hits.length === 3)
    const path = `/v1/webhooks/${webhook.id}/secret/rotate`
    const rotated = await herald.call('POST', path, { overlap: '0s' })
    const changedAt = Date.now()
    expect(rotated.status).toBe(200)
    await until(() => receiver.hits.length === 24, { seconds: 30 })
    const isOld = ({ body, headers }: Hit) => {
      try {
        new Webhook(webhook.secret).verify(body, headers as Record<string, string>)
        return true
      } catch {
        return false
      }
    }
    const late = receiver.hits.filter(({ at }) => at > changedAt + SEEN_MS + WAY_MS)
    expect(receiver.hits.filter(isOld).length).toBeGreaterThanOrEqual(3)
    expect(late.length).toBeGreaterThan(5)
    expect(late.filter(isOld)).toEqual([])
  })

  it('what it takes for a success', async () => {
    const accepted = () => ({ status: 202, delayMs: 200 })
    const { receiver, webhook } = await hook('edit.success', ONE_BY_ONE, accepted)
    await post('edit.success', 24)
    await until(() => receiver.hits.length === 3)
    const changedAt = await patched(webhook.id, { success: '200' })
    await until(async () => (await attempts(webhook.id)).length === 24, { seconds: 30 })
    const made = await attempts(webhook.id)
    const late = made.filter(({ startedAt }) => startedAt.getTime() > changedAt + SEEN_MS)
    expect(made.filter(({ outcome }) => outcome === 'delivered').length).toBeGreaterThanOrEqual(3)
    expect(late.length).toBeGreaterThan(5)
    expect(late.filter(({ outcome }) => outcome !== 'failed')).toEqual([])
  })

  it('how long it waits for an answer', async () => {
    const late = () => ({ status: 200, delayMs: 1_400 })
    const { receiver, webhook } = await hook('edit.timeout', ONE_BY_ONE, late)
    await post('edit.timeout', 6)
    await until(() => receiver.hits.length === 2)
    const target = { type: 'http', url: receiver.url, timeout: '1s' }
    const changedAt = await patched(webhook.id, { target })
    await until(async () => (await attempts(webhook.id)).length === 6, { seconds: 30 })
    const made = await attempts(webhook.id)
    const after = made.filter(({ startedAt }) => startedAt.getTime() > changedAt + SEEN_MS)
    expect(made.filter(({ outcome }) => outcome === 'delivered').length).toBeGreaterThanOrEqual(1)
    expect(after.length).toBeGreaterThanOrEqual(2)
    expect(after.filter(({ code }) => code !== 'timeout')).toEqual([])
  })
})

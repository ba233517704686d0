import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WebhookDocument } from '../../../src/models/webhooks/document.ts'
import type { Models } from '../../../src/models/connect.ts'
import type { DeliveryDocument } from '../../../src/models/deliveries/document.ts'
import { addWebhook } from '../../api/support.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from '../../support/receiver.ts'
import { attemptOf, carrierOf, current, ownModels, owedRow, rowOf } from '../../support/rows.ts'
import { loopbackPoster, sendingProcess } from '../../support/sending.ts'
import { until } from '../../support/until.ts'

const own = carrierOf('own')
const other = carrierOf('other')
const poster = loopbackPoster()
const receivers: Receiver[] = []

let models: Models
let herald: ReturnType<typeof sendingProcess>
beforeAll(async () => {
  models = await ownModels('target_round')
  herald = sendingProcess(models, poster)
})
afterAll(async () => {
  await poster.close()
  await Promise.all(receivers.map((receiver) => receiver.close()))
  await models.connection.close()
})

/** A webhook with a receiver of its own, and so many rows that are owed to it. */
async function scene(
  id: string,
  rows: Partial<DeliveryDocument>[],
  {
    answer,
    ...fields
  }: Partial<WebhookDocument> & { answer?: (hit: Hit, n: number) => Answer } = {},
) {
  const receiver = await startReceiver(answer)
  receivers.push(receiver)
  const target = { type: 'http' as const, url: receiver.url, timeout: '10s' }
  await addWebhook(models, { _id: id, target, concurrency: 8, ...fields })
  const ids = rows.map((_row, index) => `${id}-${index}`)
  for (const [index, row] of rows.entries())
    await owedRow(models, ids[index] ?? '', { webhook: id, ...row })
  const hitsOf = (n: number) =>
    receiver.hits.filter((hit) => hit.headers['herald-delivery'] === ids[n])
  return { receiver, ids, hitsOf, rowsNow: () => Promise.all(ids.map((one) => rowOf(models, one))) }
}
const numbers = (hits: Hit[]) => hits.map((hit) => Number(hit.headers['herald-attempt']))

describe('a pass', () => {
  it('sends what is due and tells when the rest is', async () => {
    const later = new Date(Date.now() + 60_000)
    const { ids, receiver } = await scene('due', [{}, { state: 'retrying', dueAt: later }])
    const end = await herald.pass(own, 'due', ids)
    expect(end).toEqual({ kind: 'left', count: 1, dueAtMs: later.getTime() })
    expect(receiver.hits).toHaveLength(1)
  })

  it('tells of rows that were made due while it was sending', async () => {
    const later = new Date(Date.now() + 60_000)
    const slow = () => ({ status: 200, delayMs: 300 })
    const { ids, receiver } = await scene('now', [{}, { dueAt: later }], { answer: slow })
    const end = herald.pass(own, 'now', ids)
    await until(() => receiver.hits.length === 1)
    await herald.changes.dueNow('now-1')
    expect(await end).toMatchObject({
      kind: 'left',
      dueAtMs: expect.toSatisfy((ms: number) => ms <= Date.now()),
    })
  })

  it('of two carriers at once sends each row once, by the one that carries it', async () => {
    const { ids, receiver } = await scene(
      'two',
      Array.from({ length: 12 }, () => ({})),
    )
    for (const id of ids.slice(6))
      await models.deliveries.updateOne({ _id: id }, { $set: { carrier: other } })
    const earlier = sendingProcess(models, poster)
    const ends = await Promise.all([
      herald.pass(own, 'two', ids),
      herald.pass(other, 'two', ids),
      earlier.pass({ ...own, run: 'run-before-the-reset' }, 'two', ids),
    ])
    expect(receiver.hits).toHaveLength(12)
    expect(new Set(receiver.hits.map((hit) => hit.headers['herald-delivery'])).size).toBe(12)
    for (const end of ends) expect(end.kind).not.toBe('lost')
  })

  it('waits for an attempt of another carrier that is still under way, and then has nothing to do', async () => {
    const slow = () => ({ status: 200, delayMs: 600 })
    const { ids, receiver } = await scene('reset', [{}], { answer: slow })
    const first = herald.pass(own, 'reset', ids)
    await until(() => receiver.hits.length === 1)
    const afterReset = { ...own, run: 'run-after-the-reset' }
    await herald.changes.reopenByReset({ ids, carrier: afterReset, limited: new Set() }, current)
    expect(await sendingProcess(models, poster).pass(afterReset, 'reset', ids)).toMatchObject({
      kind: 'finished',
    })
    await first
    expect(receiver.hits).toHaveLength(1)
  })

  it('never overlaps the attempt of a delivery that was cancelled in flight and redelivered at once', async () => {
    const slow = () => ({ status: 500, delayMs: 500 })
    const { ids, receiver, rowsNow } = await scene('cancel', [{}], { answer: slow })
    const first = herald.pass(own, 'cancel', ids)
    await until(() => receiver.hits.length === 1)
    const reason = { code: 'cancelled' as const, detail: 'A person cancelled it.' }
    const [id = ''] = ids
    await herald.changes.end([{ _id: id }], { state: 'cancelled', reason, at: new Date() })
    await herald.changes.reopen(id, 2, other)
    await sendingProcess(models, poster).pass(other, 'cancel', ids)
    await first
    const [one, two] = receiver.hits
    expect(two?.at).toBeGreaterThanOrEqual(one?.answeredAt ?? Infinity)
    expect((await rowsNow())[0]?.log?.map((attempt) => attempt.number)).toEqual([1, 2])
  })

  it('records the attempt of its own dead activity as unknown, and sends the next one at once', async () => {
    const { ids, hitsOf, rowsNow } = await scene('dead', [{}])
    const [row] = await rowsNow()
    if (!row) throw new Error('it is there')
    await herald.claims.claim(row, attemptOf(row, 'of a process that died', own.run), own)
    expect(await herald.pass(own, 'dead', ids)).toMatchObject({ kind: 'finished' })
    expect(numbers(hitsOf(0))).toEqual([2])
    const [after] = await rowsNow()
    expect(after?.log?.map(({ outcome }) => outcome)).toEqual(['unknown', 'delivered'])
    expect(after).toMatchObject({ state: 'delivered', failures: 0 })
  })

  it('leaves alone what another carrier began while it waited for an attempt to end', async () => {
    const slow = () => ({ status: 200, delayMs: 400 })
    const { ids, receiver, rowsNow } = await scene('began', [{}, {}], { answer: slow })
    const afterReset = { ...own, run: 'run-after-the-reset' }
    const [, second] = await rowsNow()
    if (!second) throw new Error('it is there')
    const sends = herald.pass(own, 'began', ids.slice(0, 1))
    await until(() => receiver.hits.length === 1)
    const waits = herald.pass(own, 'began', ids)
    await herald.changes.reopenByReset(
      { ids: ids.slice(1), carrier: afterReset, limited: new Set() },
      current,
    )
    const [, reset] = await rowsNow()
    if (!reset) throw new Error('it is there')
    const token = 'of a sender in another process'
    await herald.claims.claim(reset, attemptOf(reset, token, afterReset.run), afterReset)
    await Promise.all([sends, waits])
    const [, after] = await rowsNow()
    expect(after?.open).toMatchObject({ token })
  })

  it('records the attempt of its own dead activity also where the row was cancelled meanwhile', async () => {
    const { ids, receiver, rowsNow } = await scene('ended', [{}])
    const [row] = await rowsNow()
    if (!row) throw new Error('it is there')
    await herald.claims.claim(row, attemptOf(row, 'of a process that died', own.run), own)
    await herald.changes.cancel(row, { reason: { code: 'cancelled', detail: '' }, at: new Date() })
    expect(await herald.pass(own, 'ended', ids)).toMatchObject({ kind: 'finished' })
    const [after] = await rowsNow()
    expect(after).toMatchObject({
      state: 'cancelled',
      attempts: 1,
      log: [{ number: 1, outcome: 'unknown' }],
    })
    expect(after?.open).toBeUndefined()
    expect(receiver.hits).toHaveLength(0)
  })

  it('comes back when the attempt of another sender that outlived its cancelled row must have ended', async () => {
    const { ids, rowsNow } = await scene('outlived', [{}])
    const [row] = await rowsNow()
    if (!row) throw new Error('it is there')
    const open = {
      ...attemptOf(row, 'of another process', 'another run'),
      until: new Date(Date.now() + 5_000),
    }
    await herald.claims.claim(row, open, own)
    await herald.changes.cancel(row, { reason: { code: 'cancelled', detail: '' }, at: new Date() })
    const end = await herald.pass(own, 'outlived', ids)
    expect(end).toMatchObject({ kind: 'left', count: 1 })
    expect((end as { dueAtMs: number }).dueAtMs).toBeGreaterThan(open.until.getTime())
    expect((await rowsNow())[0]?.open).toBeDefined()
  })

  it('gives a row up after twenty attempts in a row whose worker died', async () => {
    const { ids, receiver, rowsNow } = await scene('loop', [{ unknowns: 19 }])
    const [row] = await rowsNow()
    if (!row) throw new Error('it is there')
    await herald.claims.claim(row, attemptOf(row, 'dead', own.run), own)
    expect(await herald.pass(own, 'loop', ids)).toMatchObject({ kind: 'finished' })
    expect((await rowsNow())[0]).toMatchObject({ state: 'failed', reason: { code: 'crash_loop' } })
    expect(receiver.hits).toHaveLength(0)
  })

  it.each([
    ['paused', { state: 'paused' as const }, { kind: 'paused' }, 'pending'],
    ['limited', { rateLimit: { limit: 1, per: '1s' } }, { kind: 'limited' }, 'held'],
    ['disabled', { state: 'disabled' as const }, { kind: 'finished' }, 'failed'],
    ['deleted', { deletedAt: new Date() }, { kind: 'finished' }, 'cancelled'],
  ])('of a webhook that is %s sends nothing', async (name, fields, end, state) => {
    const { ids, receiver, rowsNow } = await scene(`over-${name}`, [{}], fields)
    expect(await herald.pass(own, `over-${name}`, ids)).toMatchObject(end)
    expect((await rowsNow()).map((row) => row.state)).toEqual([state])
    expect(receiver.hits).toHaveLength(0)
  })

  it('sends a test of a webhook that is paused and limited, past its lane', async () => {
    const fields = { state: 'paused' as const, rateLimit: { limit: 1, per: '1h' } }
    const { ids, receiver } = await scene('tested', [{ test: true }, {}], fields)
    expect(await herald.pass(own, 'tested', ids)).toMatchObject({ kind: 'paused' })
    expect(receiver.hits).toHaveLength(1)
  })

  it('stops within a second where its webhook is paused, limited or moved, and sends to where it is now', async () => {
    const slow = () => ({ status: 200, delayMs: 250 })
    const rows = Array.from({ length: 16 }, () => ({}))
    const moved = await scene('moved', rows, { answer: slow, concurrency: 1 })
    const to = await startReceiver(slow)
    receivers.push(to)
    const pass = herald.pass(own, 'moved', moved.ids)
    await until(() => moved.receiver.hits.length === 2)
    const changedAt = Date.now()
    const target = { type: 'http' as const, url: to.url, timeout: '10s' }
    await models.webhooks.updateOne({ _id: 'moved' }, { $set: { target } })
    await pass
    expect(moved.receiver.hits.filter((hit) => hit.at > changedAt + 1_300)).toHaveLength(0)
    expect(moved.receiver.hits.length + to.hits.length).toBe(16)
  })

  it('says what MongoDB has lost of its rows, and sends nothing then', async () => {
    const { ids, receiver } = await scene('lost', [{}, {}])
    await models.deliveries.deleteOne({ _id: 'lost-1' })
    expect(await herald.pass(own, 'lost', ids)).toEqual({ kind: 'lost', deliveries: ['lost-1'] })
    expect(receiver.hits).toHaveLength(0)
  })

  it('begins nothing more once the process is to stop', async () => {
    const leaving = sendingProcess(models, poster)
    const slow = () => ({ status: 200, delayMs: 200 })
    const rows = Array.from({ length: 6 }, () => ({}))
    const { ids, receiver } = await scene('stop', rows, { answer: slow, concurrency: 2 })
    const pass = leaving.pass(own, 'stop', ids)
    await until(() => receiver.hits.length === 2)
    leaving.stopping.abort()
    await pass
    await sleep(300)
    expect(receiver.hits.length).toBeLessThanOrEqual(2)
  })
})

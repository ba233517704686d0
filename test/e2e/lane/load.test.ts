import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { busiest } from '../../support/busiest.ts'
import type { Json } from '../../support/herald.ts'
import { type HeraldProcess, heraldProcess } from '../../support/servers/process.ts'
import { cpuMs, residentMib } from '../../support/servers/process-usage.ts'
import { startReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'

const isLong = Boolean(process.env['HERALD_TEST_LONG'])
/** What the receiver's clock can't tell apart: its own event loop is late now and then. */
const CLOCK_MS = isLong ? 60 : 25

let herald: HeraldProcess
let connection: Connection
beforeAll(async () => {
  herald = await heraldProcess('lane-load')
  await herald.start()
  connection = await Connection.connect({ address: herald.environment['TEMPORAL_ADDRESS'] ?? '' })
}, 90_000)
afterAll(async () => {
  await connection.close()
  await herald.stop()
})

/** Posts events of one type, waiting where herald says 503. */
async function post(type: string, count: number): Promise<void> {
  for (let sent = 0; sent < count;) {
    const size = Math.min(count - sent, 250)
    const events = Array.from({ length: size }, (_, i) => ({ type, data: { i: sent + i } }))
    const { status } = await herald.call('POST', '/v1/events/batch', { events })
    if (status === 202) sent += size
    else await sleep(200)
  }
}

async function owed(webhook: string): Promise<Record<string, number>> {
  const { body } = await herald.call('GET', `/v1/webhooks/${webhook}`)
  return body['owed'] as Record<string, number>
}

async function setLimit(webhook: string, rateLimit: Json): Promise<void> {
  const { headers } = await herald.call('GET', `/v1/webhooks/${webhook}`)
  const match = { 'if-match': String(headers.get('etag')) }
  await herald.call('PATCH', `/v1/webhooks/${webhook}`, { rateLimit }, match)
}

/** CPU milliseconds and memory of herald. */
async function used(): Promise<{ cpuMs: number; memoryMib: number }> {
  const pid = herald.pid()
  return { cpuMs: await cpuMs(pid), memoryMib: await residentMib(pid) }
}

/** Number of history events of each run of a lane, the last run first. */
async function historyLengths(workflowId: string): Promise<number[]> {
  const found: number[] = []
  const query = `WorkflowId='${workflowId}'`
  for await (const run of new Client({ connection }).workflow.list({ query }))
    found.push(run.historyLength ?? 0)
  return found
}

describe('a lane', () => {
  const many = isLong ? 50_000 : 2_000

  it(`with ${many} held deliveries costs as much for the last of them as for the first`, async () => {
    const marks: { cpuMs: number; memoryMib: number; n: number }[] = []
    const ids = new Set<string>()
    const receiver = await startReceiver((hit, n) => {
      ids.add(String(hit.headers['webhook-id']))
      hit.body = Buffer.alloc(0)
      if (n % 1_000 === 0) void used().then((mark) => marks.push({ ...mark, n }))
      return { status: 200 }
    })
    const target = { type: 'http', url: receiver.url }
    const { id } = await herald.webhook({
      target,
      rateLimit: { limit: 1, per: '24h' },
      events: ['deep'],
    })
    const posted = Date.now()
    await post('deep', many + 1)
    console.log(`posted in ${Date.now() - posted} ms`)
    // counting fifty thousand rows is not what this test is to measure
    while ((await owed(id))['held'] !== many) await sleep(isLong ? 3_000 : 200)
    console.log(`held after ${Date.now() - posted} ms`)
    const from = Date.now()
    await setLimit(id, { limit: 1_000, per: '1s' })
    await until(() => ids.size === many + 1, { seconds: 400, what: 'all sent' })
    const perSecond = (many / (Date.now() - from)) * 1_000
    await until(() => marks.length >= Math.floor(many / 1_000), { seconds: 5, what: 'marks' })
    expect(receiver.hits).toHaveLength(many + 1)
    expect(
      busiest(
        receiver.hits.map((hit) => hit.at),
        1_000 - CLOCK_MS,
      ),
    ).toBeLessThanOrEqual(1_000)
    const costs = marks.slice(1).map((mark, i) => mark.cpuMs - (marks[i]?.cpuMs ?? 0))
    const grewMib = (marks.at(-1)?.memoryMib ?? 0) - (marks[0]?.memoryMib ?? 0)
    console.log(
      `${perSecond.toFixed(0)}/s, CPU ms of each thousand: ${costs.join(' ')}; memory +${grewMib.toFixed(0)} MiB`,
    )
    if (isLong) expect(costs.at(-1)).toBeLessThan((costs[0] ?? 0) * 1.3)
    expect(Math.max(...(await historyLengths(`rate-limit/default/${id}`)))).toBeLessThan(10_240)
    await receiver.close()
  }, 900_000)

  it('continues as a new run after thousands of signals, and loses nothing', async () => {
    const receiver = await startReceiver()
    const target = { type: 'http', url: receiver.url }
    const { id } = await herald.webhook({
      target,
      rateLimit: { limit: 10, per: '4s' },
      events: ['talk'],
    })
    await post('talk', 30)
    await until(() => receiver.hits.length >= 10, { seconds: 20, what: '10 requests' })
    const workflowId = `rate-limit/default/${id}`
    const lane = new Client({ connection }).workflow.getHandle(workflowId)
    for (let i = 0; i < 51; i++)
      await Promise.all(
        Array.from({ length: 50 }, () => lane.signal('held').catch(() => undefined)),
      )
    for (let i = 0; i < 51; i++)
      await Promise.all(
        Array.from({ length: 50 }, () => lane.signal('held').catch(() => undefined)),
      )
    await until(() => receiver.hits.length >= 30, { seconds: 60, what: '30 requests' })
    expect(
      busiest(
        receiver.hits.map((hit) => hit.at),
        4_000 - CLOCK_MS,
      ),
    ).toBeLessThanOrEqual(10)
    const lengths = await until(
      async () => {
        const found = await historyLengths(workflowId)
        return found.length > 1 ? found : undefined
      },
      { seconds: 20, what: 'a second run' },
    )
    expect(Math.max(...lengths)).toBeLessThan(10_240)
    await receiver.close()
  }, 180_000)

  const lanes = isLong ? 1_000 : 50
  it(`each of ${lanes} webhooks keeps its limit at the same time`, async () => {
    const byPath = new Map<string, number[]>()
    const receiver = await startReceiver((hit) => {
      byPath.set(hit.path, [...(byPath.get(hit.path) ?? []), hit.at])
      return { status: 200 }
    })
    for (let i = 0; i < lanes; i++)
      await herald.webhook({
        target: { type: 'http', url: `${receiver.url}/${i}` },
        rateLimit: { limit: 5, per: '2s' },
        events: ['wide'],
      })
    const from = Date.now()
    await post('wide', 10)
    await until(() => receiver.hits.length >= lanes * 10, { seconds: 300, what: 'all delivered' })
    console.log(`${lanes} lanes with 10 each: ${Date.now() - from} ms`)
    expect(receiver.hits).toHaveLength(lanes * 10)
    for (const times of byPath.values())
      expect(busiest(times, 2_000 - CLOCK_MS)).toBeLessThanOrEqual(5)
    await until(async () => (await herald.openWorkflows()).length === 0, {
      seconds: 90,
      what: 'no open workflow',
    })
    await receiver.close()
  }, 500_000)
})

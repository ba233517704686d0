import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Models } from '../../../src/models/connect.ts'
import type { Poster } from '../../../src/outbound/post.ts'
import { addWebhook } from '../../api/support.ts'
import { startReceiver } from '../../support/receiver.ts'
import { carrierOf, ownModels, owedRow, rowOf } from '../../support/rows.ts'
import { loopbackPoster, poisoned, sendingProcess } from '../../support/sending.ts'

const own = carrierOf('own')
const poster = loopbackPoster()
let models: Models
beforeAll(async () => {
  models = await ownModels('sender')
})
afterAll(async () => {
  await poster.close()
  await models.connection.close()
})

async function owed(webhook: string, url: string, count: number): Promise<string[]> {
  const target = { type: 'http' as const, url, timeout: '10s' }
  await addWebhook(models, { _id: webhook, target, concurrency: 1 })
  const ids = Array.from({ length: count }, (_, n) => `${webhook}-${n}`)
  for (const id of ids) await owedRow(models, id, { webhook })
  return ids
}

/** As a process that was stopped hears of it: the receiver has the request, and nobody knows its answer. */
function deafOnce(): Poster {
  let isDeaf = true
  return {
    ...poster,
    async post(request) {
      const { response, ...heard } = await poster.post(request)
      if (!isDeaf) return { ...heard, ...(response && { response }) }
      isDeaf = false
      return { ...heard, error: { code: 'unknown', detail: 'herald was stopped meanwhile' } }
    },
  }
}

describe('an attempt whose answer herald could not hear', () => {
  it('is on record as unknown, charged to neither schedule nor webhook, and due again at once', async () => {
    const receiver = await startReceiver()
    const reported: boolean[] = []
    const herald = sendingProcess(models, deafOnce(), (_row, _webhook, { isSuccess }) => {
      reported.push(isSuccess)
    })
    const [id = ''] = await owed('deaf', receiver.url, 1)
    const end = await herald.pass(own, 'deaf', [id])
    const row = await rowOf(models, id)
    expect(end).toMatchObject({ kind: 'left', count: 1 })
    expect(row).toMatchObject({ attempts: 1, failures: 0, unknowns: 1 })
    expect(row.log?.[0]).toMatchObject({ number: 1, outcome: 'unknown', code: 'unknown' })
    expect(row.dueAt?.getTime()).toBeLessThanOrEqual(Date.now())
    expect(reported).toEqual([])
    expect(await herald.pass(own, 'deaf', [id])).toMatchObject({ kind: 'finished' })
    expect(await rowOf(models, id)).toMatchObject({ state: 'delivered', attempts: 2, failures: 0 })
    expect(reported).toEqual([true])
    await receiver.close()
  })
})

describe('an attempt whose answer MongoDB refuses', () => {
  it('is on record without it, and is not made again', async () => {
    const receiver = await startReceiver()
    const herald = sendingProcess(models, poisoned(poster))
    const ids = await owed('poisoned', receiver.url, 3)
    expect(await herald.pass(own, 'poisoned', ids)).toMatchObject({ kind: 'finished' })
    for (const id of ids) {
      const row = await rowOf(models, id)
      expect(row).toMatchObject({ state: 'delivered', attempts: 1 })
      const answer = { status: 200, headers: [], body: '', truncated: true }
      const detail = 'Its request and answer could not be stored.'
      expect(row.log).toMatchObject([{ number: 1, outcome: 'delivered', detail, response: answer }])
    }
    expect(receiver.hits).toHaveLength(3)
    await receiver.close()
  })
})

describe('a request that met the end of its connection', () => {
  it('is one attempt that says so, and takes nothing of the schedule', async () => {
    let requests = 0
    const server = createServer((request, response) => {
      requests += 1
      // what the receiver had kept open it closes with the second request over it
      if (requests === 2) request.socket.destroy()
      else response.end('ok')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const ids = await owed('closing', url, 2)
    const herald = sendingProcess(models, poster)
    await herald.pass(own, 'closing', ids)
    const rows = await Promise.all(ids.map((id) => rowOf(models, id)))
    expect(requests).toBe(3)
    for (const row of rows)
      expect(row).toMatchObject({ state: 'delivered', attempts: 1, failures: 0 })
    const marked = rows.filter((row) => row.log?.[0]?.reconnected === true)
    expect(marked).toHaveLength(1)
    expect(marked[0]?.log).toHaveLength(1)
    server.closeAllConnections()
    server.close()
  })
})

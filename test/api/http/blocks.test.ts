import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROUTES } from '../../../src/api/routes.ts'
import { routeName } from '../../../src/api/http/route.ts'
import { newMasterKey } from '../../../src/ids.ts'
import { FILTER_BOMBS } from '../../support/strangers/filter-bombs.ts'
import { httpThread } from '../../support/http-thread.ts'
import { repeatedBlockMs } from '../../support/strangers/longest-block.ts'
import { worstBodies } from '../../support/strangers/worst-bodies.ts'
import { addDelivery, addWebhook, type Api, startApi } from '../support.ts'

const BLOCK_MAX_MS = 100
/** A stream ends when it is asked to. */
const endOf = (path: string) => (path.endsWith('/tail') ? '?for=0' : '')
const ANSWER_MAX_BYTES = 300_000

describe('no request blocks the event loop for more than 100 ms', () => {
  let api: Api
  const client = httpThread()
  let longest = { ms: 0, of: '' }
  beforeAll(async () => {
    api = await startApi({ env: { CODEC_SERVER: 'true', MASTER_KEYS: newMasterKey() } })
    await addDelivery(api.models, { _id: 'x', state: 'failed' })
    for (const [n, filter] of FILTER_BOMBS.entries())
      await addWebhook(api.models, { _id: `wh_${n}`, filter })
    await addWebhook(api.models, { _id: 'x' })
    await api.call('PUT', '/v1/settings', { body: { validation: 'reject' } })
    const schemas = {
      bomb: { items: { allOf: Array.from({ length: 1_000 }, () => ({ type: 'null' })) } },
      small: { items: { allOf: Array.from({ length: 20 }, () => ({ type: 'null' })) } },
      free: undefined,
    }
    for (const [name, schema] of Object.entries(schemas))
      await api.call('PUT', `/v1/event-types/${name}`, { body: { schema } })
    const webhooks = Array.from({ length: 900 }, (_, n) => [
      `typ_${n}${'y'.repeat(50)}`,
      { post: {} },
    ])
    const body = { openapi: '3.1.0', webhooks: Object.fromEntries(webhooks) as object }
    const imported = await api.call('POST', '/v1/event-types/import', { body })
    expect(imported.status, imported.text).toBe(200)
  })
  afterAll(async () => {
    console.info(`longest block: ${longest.ms.toFixed(1)} ms of routes: ${longest.of}`)
    await client.stop()
    await api.stop()
  })

  const ask = (method: string, path: string, body?: string) =>
    client.ask({
      url: new URL(`${path.replace(/\{\w+\}/, 'x')}${endOf(path)}`, api.url).href,
      method: method.toUpperCase(),
      headers: {
        authorization: `Bearer ${api.keys.admin}`,
        connection: 'close',
        'if-match': '*',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
    })

  const look = async (of: string, request: () => ReturnType<typeof ask>) => {
    let answer = { status: 0, bytes: 0, text: '' }
    const ms = await repeatedBlockMs(BLOCK_MAX_MS, async () => (answer = await request()))
    if (ms > longest.ms) longest = { ms, of }
    expect(answer.status, `${of}: ${answer.text}`).toBeGreaterThanOrEqual(200)
    expect(answer.status, `${of}: ${answer.text}`).not.toBe(500)
    expect(ms, of).toBeLessThanOrEqual(BLOCK_MAX_MS)
    return answer
  }

  const posting = ROUTES.filter(({ body }) => body !== undefined)
  it.each(posting)('$method $path', async (route) => {
    for (const [name, body] of worstBodies(route)) {
      const of = `${routeName(route)} with ${name}`
      const answer = await look(of, () => ask(route.method, route.path, body))
      if (answer.status >= 400) expect(answer.bytes, of).toBeLessThan(ANSWER_MAX_BYTES)
    }
  })

  it.each(ROUTES.filter(({ body }) => body === undefined))('$method $path', async (route) => {
    await look(routeName(route), () => ask(route.method, route.path))
  })

  it('a batch of 120 types, each with the largest schema that the event loop compiles', async () => {
    const names = Array.from({ length: 70 }, (_, n) => `k${n}`)
    const properties = Object.fromEntries(names.map((name) => [name, { type: 'null' }]))
    // compiled once: each try has types of its own
    const types = (nth: number) => Array.from({ length: 120 }, (_, n) => `small.${nth}.${n}`)
    for (const type of [0, 1, 2].flatMap(types))
      await api.call('PUT', `/v1/event-types/${type}`, { body: { schema: { properties } } })
    const blockMs = await repeatedBlockMs(BLOCK_MAX_MS, async (nth) => {
      const events = types(nth).map((type) => ({ type, data: { k0: 1, k69: 1 } }))
      const { status } = await ask('POST', '/v1/events/batch', JSON.stringify({ events }))
      expect(status).toBe(422)
    })
    expect(blockMs).toBeLessThanOrEqual(BLOCK_MAX_MS)
  })

  it('a dry run of an import of the largest document', async () => {
    const webhooks = Array.from({ length: 900 }, (_, n) => [
      `dry_${n}${'y'.repeat(50)}`,
      { post: {} },
    ])
    const body = JSON.stringify({
      openapi: '3.1.0',
      webhooks: Object.fromEntries(webhooks) as object,
    })
    const answer = await look('POST /v1/event-types/import?dryRun=true', () =>
      ask('POST', '/v1/event-types/import?dryRun=true', body),
    )
    expect(answer.status).toBe(200)
  })

  it('nobody gets a long answer without a key, or makes work with more than 1 KiB', async () => {
    const names = Object.fromEntries(Array.from({ length: 25_000 }, (_, n) => [`k${n}`, 0]))
    for (const [body, status] of [
      [JSON.stringify(names), 413],
      [`{${Array.from({ length: 120 }, (_, n) => `"k${n}":0`).join()}}`, 422],
    ] as const) {
      const answer = await look('POST /session', () => ask('POST', '/session', body))
      expect([answer.status, answer.bytes < 10_000]).toEqual([status, true])
    }
    const listed = await api.call('POST', '/session', {
      key: null,
      body: Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`k${n}`, 0])),
    })
    expect((listed.json as { errors: unknown[] }).errors).toHaveLength(50)
  })
})

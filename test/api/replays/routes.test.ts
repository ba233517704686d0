import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addDelivery, type Api, startApi } from '../support.ts'

type Replay = { id: string; state: string; selected: number; warnings?: { code: string }[] }
type Errors = { code: string; errors: { pointer: string }[] }

let api: Api
let webhook: string
beforeAll(async () => {
  api = await startApi()
  const target = { type: 'http', url: 'https://receiver.example.com/hook' }
  const body = { name: 'One', events: ['*'], target }
  const made = await api.call('POST', '/v1/webhooks', { body })
  webhook = (made.json as { id: string }).id
  const rows = [
    { state: 'failed', at: '2026-01-01T10:00:00Z', type: 'process_run_end' },
    { state: 'skipped', at: '2026-01-01T11:00:00Z', type: 'a.b' },
    { state: 'cancelled', at: '2026-01-02T10:00:00Z', type: 'a.b' },
    { state: 'delivered', at: '2026-01-02T10:00:00Z', type: 'a.b' },
    { state: 'retrying', at: '2026-01-02T10:00:00Z', type: 'a.b' },
  ] as const
  for (const [n, { state, at, type }] of rows.entries())
    await addDelivery(api.models, {
      _id: `dlv_${n}`,
      event: `evt-${n}`,
      webhook,
      state,
      type,
      createdAt: new Date(at),
    })
})
afterAll(() => api.stop())

const post = (body: object, options = {}) => api.call('POST', '/v1/replays', { body, ...options })
const made = async (filter: object = {}) => (await post({ filter })).json as Replay

describe('POST /v1/replays', () => {
  it('counts by day and webhook what is failed, skipped or cancelled, and starts nothing', async () => {
    const answer = await post({ filter: {}, dryRun: true, rate: 2 })
    expect(answer).toMatchObject({
      status: 200,
      json: {
        count: 3,
        perDay: [
          { day: '2026-01-01', count: 2 },
          { day: '2026-01-02', count: 1 },
        ],
        perWebhook: [{ webhook, name: 'One', count: 3 }],
        estimatedSeconds: 2,
        rate: 2,
        passedOver: 0,
        warnings: [{ code: 'file_urls_expired' }],
      },
    })
    expect(api.woken).toEqual([])
  })

  it('starts a workflow, warns of expired file URLs, and is audited', async () => {
    const answer = await post({ filter: { state: 'failed' } })
    const replay = answer.json as Replay
    expect(answer).toMatchObject({ status: 202, json: { state: 'running', selected: 1, rate: 50 } })
    expect(replay.warnings).toMatchObject([{ code: 'file_urls_expired' }])
    expect(answer.headers.get('location')).toBe(`/v1/replays/${replay.id}`)
    expect(api.woken).toContain(replay.id)
    const { json } = await api.call('GET', `/v1/audit?resource=${replay.id}`)
    expect(json).toMatchObject({ data: [{ action: 'replay.started' }] })
  })

  it.each([
    ['a state that is not finished', { filter: { state: 'retrying' } }, '/filter/state'],
    ['delivered ones without force', { filter: { state: 'delivered' } }, '/force'],
    ['missing without a webhook', { filter: {}, missing: true }, '/filter/webhook'],
    [
      'missing by status',
      { filter: { webhook: 'wh_1', status: 500 }, missing: true },
      '/filter/status',
    ],
    ['an unknown name', { filter: { wehbook: 'x' } }, '/filter/wehbook'],
    ['no filter', {}, '/filter'],
    ['an unknown webhook', { filter: { webhook: 'wh_none' } }, '/filter/webhook'],
    ['a rate of 0', { filter: {}, rate: 0 }, '/rate'],
  ])('refuses %s', async (_name, body, pointer) => {
    const { status, json } = await post(body)
    expect(status).toBe(422)
    expect((json as Errors).errors.map((error) => error.pointer)).toContain(pointer)
  })

  it('needs the role operator', async () => {
    expect(await post({ filter: {} }, { key: api.keys.viewer })).toMatchObject({ status: 403 })
    expect(await post({ filter: {}, dryRun: true }, { key: api.keys.operator })).toMatchObject({
      status: 200,
    })
  })
})

describe('a replay', () => {
  it('is paused, resumed and cancelled, each also twice; once it has ended it stays so', async () => {
    const { id } = await made()
    const path = `/v1/replays/${id}`
    for (const [change, state] of [
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['resume', 'running'],
      ['cancel', 'cancelled'],
      ['cancel', 'cancelled'],
    ])
      expect(await api.call('POST', `${path}/${change}`)).toMatchObject({
        status: 200,
        json: { id, state },
      })
    const late = await api.call('POST', `${path}/pause`)
    expect(late).toMatchObject({ status: 409, json: { code: 'replay_finished' } })
    const { json } = await api.call('GET', `/v1/audit?resource=${id}`)
    const actions = (json as { data: { action: string }[] }).data.map((entry) => entry.action)
    expect(actions.toSorted((a, b) => a.localeCompare(b))).toEqual([
      'replay.cancelled',
      'replay.paused',
      'replay.resumed',
      'replay.started',
    ])
  })

  it('is in the list, newest first, and by state', async () => {
    const { id } = await made()
    const { json } = await api.call('GET', '/v1/replays?state=running&limit=1')
    expect(json).toMatchObject({ data: [{ id, left: 3, estimatedSeconds: 1 }] })
  })

  it('of another tenant is not found', async () => {
    const { id } = await made()
    const headers = { 'herald-tenant': 'other' }
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/pause'],
      ['POST', '/resume'],
      ['POST', '/cancel'],
    ])
      expect(await api.call(method!, `/v1/replays/${id}${path}`, { headers })).toMatchObject({
        status: 404,
      })
  })
})

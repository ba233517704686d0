import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { newMasterKey } from '../../../src/ids.ts'
import { defineModels, openModels } from '../../../src/models/connect.ts'
import { keysInUse, rotateSecrets } from '../../../src/models/webhooks/rotate-secrets.ts'
import { KeyRing } from '../../../src/vault/key-ring.ts'
import { type Api, startApi } from '../../api/support.ts'

const [first, second] = [newMasterKey(), newMasterKey()]
const idOf = (key: string) => key.split(':')[0] ?? ''
const target = {
  type: 'http',
  url: 'https://example.com/hook',
  headers: { 'X-Token': 'canary-header-value' },
  apiKey: { header: 'X-Api-Key', value: 'canary-api-key-value' },
}
const slackUrl = 'https://hooks.slack.com/services/T000/B000/canarySlackPath'
type Shown = { id: string; state: string }
type Made = { id: string; secret: string; version: number }

let api: Api
let stop = async () => undefined as void
beforeAll(async () => {
  api = await startApi({ env: { MASTER_KEYS: first } })
  stop = api.stop
})
afterAll(() => stop())

const make = async (at: Api, fields: object) =>
  (await at.call('POST', '/v1/webhooks', { body: { name: 'test', events: ['*'], ...fields } }))
    .json as Made
const stored = async (id: string) =>
  JSON.stringify(await api.models.webhooks.collection.findOne({ _id: id as never }))

/** The same database through another process's models, with these master keys. */
async function beside<T>(keys: string, work: (models: Api['models']) => Promise<T>): Promise<T> {
  const models = defineModels(new KeyRing(loadConfig({ MASTER_KEYS: keys }).MASTER_KEYS))
  const { host, port, name } = api.models.connection
  await openModels(models, `mongodb://${host}:${port}/${name}?directConnection=true`)
  try {
    return await work(models)
  } finally {
    await models.connection.close()
  }
}

describe("a webhook's secrets", () => {
  it('lie encrypted in MongoDB, also after a change and a rotation of the secret', async () => {
    const made = await make(api, { target })
    const path = `/v1/webhooks/${made.id}`
    const slack = await make(api, { target: { type: 'slack', url: slackUrl } })
    const renamed = await api.call('PATCH', path, {
      headers: { 'if-match': '"1"' },
      body: { target: { headers: { 'X-Other': 'canary-other-value' } } },
    })
    expect(renamed.status).toBe(200)
    expect((await api.call('POST', `${path}/secret/rotate`, { body: {} })).status).toBe(200)
    for (const text of [await stored(made.id), await stored(slack.id)]) {
      expect(text).not.toMatch(/canary|whsec_/)
      expect(text).toContain(`v1:${idOf(first)}:`)
    }
    const shown = (await api.call('GET', `${path}/secret`)).json as { secrets: { value: string }[] }
    expect(shown.secrets.map(({ value }) => value)).toContain(made.secret)
  })

  it('are plain to whoever reads them through the models', async () => {
    const { id, secret } = await make(api, { target })
    const read = await api.models.webhooks.findById(id).lean().exec()
    expect(read?.target).toMatchObject(target)
    expect(read?.secrets.map(({ value }) => value)).toEqual([secret])
  })

  it('can not be moved to another webhook', async () => {
    const [one, other] = [await make(api, { target }), await make(api, { target })]
    const { collection } = api.models.webhooks
    const taken = await collection.findOne({ _id: one.id as never })
    await collection.updateOne(
      { _id: other.id as never },
      { $set: { secrets: taken?.['secrets'] as unknown } },
    )
    const read = await api.models.webhooks.findById(other.id).lean().exec()
    expect(read).toMatchObject({ state: 'active', secrets: [{ value: '' }], target })
    expect(read?.fault).toMatchObject({ code: 'secrets_unreadable' })
    expect(read?.fault?.detail).toContain('changed or moved')
    await collection.deleteOne({ _id: other.id as never })
  })

  it('that no key opens are a fault of that webhook alone, which can be read and deleted, not changed', async () => {
    const made = await make(api, { target })
    const slack = await make(api, { target: { type: 'slack', url: slackUrl } })
    const list = await make(api, { target })
    await beside(second, async ({ webhooks }) => {
      const foreign = { sealed: `v1:gone:${'A'.repeat(80)}` }
      for (const [id, field] of [
        [made.id, 'secrets.0.value'],
        [slack.id, 'target.url'],
      ])
        await webhooks.collection.updateOne(
          { _id: id as never },
          { $set: { [field ?? '']: foreign } },
        )
    })
    const page = (await api.call('GET', '/v1/webhooks?limit=100')).json as { data: Shown[] }
    const stateOf = (id: string) => page.data.find((one) => one.id === id)
    expect(stateOf(list.id)).toMatchObject({ state: 'active' })
    for (const { id } of [made, slack]) {
      const path = `/v1/webhooks/${id}`
      const fault = { code: 'secrets_unreadable', detail: expect.stringContaining('MASTER_KEYS') }
      expect(stateOf(id)).toMatchObject({ state: 'active', fault })
      expect((await api.call('GET', path)).json).toMatchObject({ fault })
      const headers = { 'if-match': '"1"' }
      for (const [method, at, body] of [
        ['PATCH', path, { name: 'other' }],
        ['POST', `${path}/resume`, {}],
        ['POST', `${path}/secret/rotate`, {}],
        ['GET', `${path}/secret`, undefined],
        ['POST', `${path}/test`, {}],
      ] as const) {
        const answer = await api.call(method, at, { headers, body })
        expect([at, answer.status, answer.json]).toMatchObject([at, 409, fault])
      }
      expect(await stored(id)).toContain('v1:gone:')
      expect((await api.call('DELETE', path, { headers })).status).toBe(204)
    }
    const { rewritten, unreadable } = await beside(`${first},${second}`, rotateSecrets)
    expect([rewritten, unreadable.toSorted()]).toEqual([0, [made.id, slack.id].toSorted()])
    await api.models.webhooks.collection.deleteMany({ _id: { $in: unreadable as never[] } })
  })

  it('are refused where nobody can tell whose they are', async () => {
    const secrets = [{ value: 'whsec_x', createdAt: new Date() }]
    const { webhooks } = api.models
    await expect(webhooks.updateMany({}, { $set: { secrets } }).exec()).rejects.toThrow('known id')
  })
})

describe('the rotation of the master key', () => {
  it('encrypts what was stored in plain and what an older key encrypted, and changes no ETag', async () => {
    const old = await make(api, { target })
    const plain = await beside('', async ({ webhooks }) => {
      const like = await api.models.webhooks.findById(old.id).lean().exec()
      const made = await webhooks.create({ ...like, _id: 'wh_plain' } as never)
      return made._id
    })
    expect(await stored(plain)).toContain('canary')
    const done = await beside(`${second},${first}`, rotateSecrets)
    expect(done.rewritten).toBe(done.webhooks)
    expect(done.keysInUse).toEqual({ [idOf(second)]: done.webhooks })
    expect(await stored(plain)).not.toContain('canary')
    const read = await beside(second, ({ webhooks }) => webhooks.findById(old.id).lean().exec())
    expect(read).toMatchObject({ target, version: old.version })
    const again = await beside(`${second},${first}`, rotateSecrets)
    expect(again.rewritten).toBe(0)
    await beside(`${first},${second}`, rotateSecrets)
  })

  it('loses no change that is made meanwhile', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => make(api, { target })))
    const changing = Promise.all(
      made.map(async ({ id }, index) => {
        for (const turn of [1, 2, 3]) {
          const value = `canary-${index}-${turn}-value`
          const answer = await api.call('PATCH', `/v1/webhooks/${id}`, {
            headers: { 'if-match': `"${turn}"` },
            body: { target: { apiKey: { value } } },
          })
          expect(answer.status).toBe(200)
        }
      }),
    )
    await beside(`${first},${second}`, async (models) => {
      for (let turns = 0; turns < 3; turns++) await rotateSecrets(models)
    })
    await changing
    const read = await api.models.webhooks.find({ _id: { $in: made.map(({ id }) => id) } }).lean()
    const values = read.map(({ target: one }) => one.type === 'http' && one.apiKey?.value)
    expect(new Set(values)).toEqual(new Set(made.map((_one, index) => `canary-${index}-3-value`)))
    expect(Object.keys(await keysInUse(api.models))).toEqual([idOf(first)])
  })
})

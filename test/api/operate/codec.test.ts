import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newMasterKey } from '../../../src/ids.ts'
import { addKey, type Api, startApi } from '../support.ts'

const ui = 'http://127.0.0.1:8233'
const plain = {
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from('{"of":"a body"}').toString('base64'),
}
let api: Api
let off: Api
beforeAll(async () => {
  const MASTER_KEYS = newMasterKey()
  api = await startApi({ env: { MASTER_KEYS, CODEC_SERVER: 'true', TEMPORAL_UI_URL: ui } })
  off = await startApi({ env: { MASTER_KEYS, TEMPORAL_UI_URL: ui } })
})
afterAll(async () => {
  await api.stop()
  await off.stop()
})

describe('the codec server', () => {
  it('encrypts and decrypts for an admin', async () => {
    const headers = { 'x-namespace': 'default' }
    const encoded = await api.call('POST', '/codec/encode', {
      headers,
      body: { payloads: [plain] },
    })
    expect(encoded.status).toBe(200)
    expect(JSON.stringify(encoded.json)).not.toContain(plain.data)
    const decoded = await api.call('POST', '/codec/decode', { headers, body: encoded.json })
    expect(decoded.json).toEqual({ payloads: [plain] })
  })

  it('is for admin keys of no tenant and its own namespace', async () => {
    const body = { payloads: [plain] }
    const { keys } = api
    expect((await api.call('POST', '/codec/decode', { body, key: null })).status).toBe(401)
    expect((await api.call('POST', '/codec/decode', { body, key: keys.operator })).status).toBe(403)
    const key = await addKey(api.models, 'admin', { tenant: 'acme' })
    expect((await api.call('POST', '/codec/decode', { body, key })).status).toBe(403)
    const headers = { 'x-namespace': 'other' }
    expect((await api.call('POST', '/codec/decode', { body, headers })).status).toBe(400)
  })

  it('says that a payload is unreadable', async () => {
    const metadata = { encoding: Buffer.from('binary/encrypted').toString('base64') }
    const answer = await api.call('POST', '/codec/decode', {
      body: { payloads: [{ metadata, data: plain.data }] },
    })
    expect(answer.status).toBe(422)
    expect(answer.json).toMatchObject({ errors: [{ code: 'payload_unreadable' }] })
  })

  it('lets the pages of Temporal Web call it, and no others', async () => {
    const preflight = (at: Api, origin: string) =>
      fetch(new URL('/codec/decode', at.url), { method: 'OPTIONS', headers: { origin } })
    const own = await preflight(api, ui)
    expect(own.status).toBe(204)
    expect(own.headers.get('access-control-allow-origin')).toBe(ui)
    expect(own.headers.get('access-control-allow-headers')).toContain('authorization')
    for (const other of [await preflight(api, 'https://example.com'), await preflight(off, ui)])
      expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('is not there unless CODEC_SERVER is true', async () => {
    const answer = await off.call('POST', '/codec/decode', { body: { payloads: [plain] } })
    expect(answer.status).toBe(404)
  })
})

import type { Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { createAddressGuard } from '../../../src/outbound/address/address-guard.ts'
import { createPoster, type PostRequest } from '../../../src/outbound/post.ts'
import { startSocketReceiver } from './socket-receiver.ts'

const guard = createAddressGuard({
  allowCidrs: ['127.0.0.0/8'],
  denyCidrs: [],
  allowHosts: [],
  allowHttp: true,
})
const poster = createPoster({ guard, userAgent: 'herald/test' })
afterAll(() => poster.close())

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
type Answer = (socket: Socket) => void
const ok: Answer = (socket) => void socket.write(OK)
const reset: Answer = (socket) => void socket.resetAndDestroy()
const end: Answer = (socket) => void socket.end()

/** The result of a second request over the connection of a first one, which was answered well; and all requests. */
async function afterOne(answers: Answer[], request: Partial<PostRequest> = {}) {
  const left = [ok, ...answers]
  const receiver = await startSocketReceiver((socket) => (left.shift() ?? ok)(socket))
  const to = { url: receiver.url, headers: {}, timeoutMs: 2_000 }
  const first = await poster.post({ ...to, body: 'first' })
  expect([first.response?.status, first.reconnected]).toEqual([200, undefined])
  await new Promise((resolve) => setTimeout(resolve, 5)) // so that the connection is idle
  const result = await poster.post({ ...to, body: 'second', ...request })
  await receiver.close()
  const bodies = receiver.requests.map((text) => text.split('\r\n\r\n')[1])
  return { ...result, bodies, connections: receiver.connections(), requests: receiver.requests }
}

describe('a request over a connection that was in use before and is closed unanswered', () => {
  it.each([
    ['reset', reset],
    ['ended', end],
  ])('%s: goes out once more at once, over a fresh one', async (_how, close) => {
    const { response, reconnected, timings, bodies, connections, requests } = await afterOne([
      close,
    ])
    expect([response?.status, reconnected]).toEqual([200, true])
    expect(bodies).toEqual(['first', 'second', 'second'])
    expect(connections).toBe(2)
    expect(requests[2]).toMatch(/\r\nconnection: close\r\n/)
    expect(timings.connectMs).toBeGreaterThan(0)
  })

  it('with a body that was still being written, too', async () => {
    const body = 'b'.repeat(1_048_576)
    const { response, reconnected } = await afterOne([reset], { body })
    expect([response?.status, reconnected]).toEqual([200, true])
  })

  it('is sent once more, not twice', async () => {
    const { error, reconnected, bodies } = await afterOne([reset, reset])
    expect([error?.code, reconnected]).toEqual(['reset', true])
    expect(bodies).toEqual(['first', 'second', 'second'])
  })

  it.each<[string, string]>([
    ['a byte', 'H'],
    ['a head that is not over', 'HTTP/1.1 200 OK\r\n'],
    ['an interim response', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['an empty line', '\r\n'],
  ])('is not sent again where %s of an answer had come', async (_what, begun) => {
    for (const close of [reset, end]) {
      const { error, reconnected, bodies } = await afterOne([
        (socket) => socket.write(begun, () => setTimeout(() => close(socket), 20)),
      ])
      expect([error?.code, reconnected]).toEqual(['reset', undefined])
      expect(bodies).toEqual(['first', 'second'])
    }
  })

  it('is not sent again where it was given no slot for that, nor where time is up', async () => {
    const limited = await afterOne([reset], { gate: () => true })
    expect([limited.error?.code, limited.bodies]).toEqual(['reset', ['first', 'second']])
    const late = await afterOne([() => undefined], { timeoutMs: 300 })
    expect([late.error?.code, late.bodies]).toEqual(['timeout', ['first', 'second']])
  })
})

describe('a request over a fresh connection that is closed unanswered', () => {
  it('is never sent again, whatever was sent to that receiver before', async () => {
    const receiver = await startSocketReceiver(reset)
    const request = { url: receiver.url, headers: {}, body: '{}', timeoutMs: 2_000 }
    for (let n = 1; n <= 3; n++) {
      const { error, reconnected } = await poster.post(request)
      expect([error?.code, reconnected, receiver.requests.length]).toEqual(['reset', undefined, n])
    }
    await receiver.close()
  })
})

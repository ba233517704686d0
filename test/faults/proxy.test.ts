import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { linkTarget } from '../../faults/service/targets.ts'
import { startTcpProxy, type TcpProxy } from '../support/servers/tcp-proxy.ts'
import { until } from '../support/until.ts'

let server: Server
let proxy: TcpProxy
let socket: Socket
let received: string
let pieces: number

/** A server that says back what it is told. */
beforeEach(async () => {
  server = createServer((client) => client.on('error', () => undefined).pipe(client))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await startTcpProxy(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  socket = await opened()
})
afterEach(async () => {
  socket.destroy()
  await proxy.close()
  server.close()
})

async function opened(): Promise<Socket> {
  received = ''
  pieces = 0
  const made = connect(Number(proxy.address.split(':')[1]), '127.0.0.1').setNoDelay(true)
  made.on('error', () => undefined)
  made.on('data', (data) => {
    received += data.toString()
    pieces += 1
  })
  await once(made, 'connect')
  return made
}
const hurt = (does: string, amount = 0) => linkTarget('engine', proxy).hurt(does, amount)
/** A reset is an end too, which `once` would throw. */
const ended = (one: Socket) => new Promise((resolve) => one.once('close', resolve))
const said = (text: string) => until(() => received === text, { what: text })

async function timeOf(text: string): Promise<number> {
  const startMs = performance.now()
  socket.write(text)
  await said(text)
  return performance.now() - startMs
}

describe('a link', () => {
  it('passes everything on', async () => {
    await timeOf('x'.repeat(300_000))
  })

  it('that is late passes the answer on after that time, and at once when it is mended', async () => {
    const mend = await hurt('latency', 300)
    expect(await timeOf('late')).toBeGreaterThanOrEqual(299)
    await mend()
    received = ''
    expect(await timeOf('soon')).toBeLessThan(299)
  })

  it('that resets does so with every so many answers', async () => {
    await hurt('reset', 2)
    await timeOf('one')
    socket.write('two')
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    expect(received).toBe('one')
  })

  it('that slices passes the same bytes on in pieces', async () => {
    await hurt('slicer', 10)
    const text = 'abcdefghij'.repeat(10)
    socket.write(text)
    await said(text)
    expect(pieces).toBeGreaterThan(1)
  })

  it('that is narrow takes its time for every byte', async () => {
    await hurt('bandwidth', 1_000)
    expect(await timeOf('x'.repeat(200))).toBeGreaterThanOrEqual(350)
  })

  it('that is a black hole stays open and says nothing; what it swallowed is gone with its connection', async () => {
    const mend = await hurt('blackhole')
    const closed = ended(socket)
    socket.write('swallowed')
    await mend()
    await closed
    expect(received).toBe('')
  })

  it('that is down breaks what is open and takes no other until it is mended', async () => {
    const closed = ended(socket)
    const mend = await hurt('down')
    await closed
    socket = await opened()
    await ended(socket)
    await mend()
    socket = await opened()
    await timeOf('back')
  })

  it('does not know every word', async () => {
    await expect(hurt('dance')).rejects.toThrow('a link knows no dance')
  })
})

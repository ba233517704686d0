import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PostResult } from '../../../src/delivery/types.ts'
import { until } from '../../support/until.ts'
import { newCertificate } from './certificate.ts'
import { startNameServer } from '../address/name-server.ts'
import { startSocketReceiver } from './socket-receiver.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const certificate = newCertificate()
const onQuestion = { call: () => {} }
let names: Awaited<ReturnType<typeof startNameServer>>
let child: ChildProcess
let lines: AsyncIterator<string>

beforeAll(async () => {
  names = await startNameServer((name) => {
    if (!name.startsWith('silent.')) return ['127.0.0.1']
    onQuestion.call()
    return 'silence'
  })
  const script = new URL('post-lines.ts', import.meta.url).pathname
  const { port } = names
  child = spawn(process.execPath, ['--import', 'tsx', script, String(port)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate.file },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (!child.stdout) throw new Error('the child has no output')
  lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await nextLine()
})
afterAll(() => {
  child.kill('SIGKILL')
  names.close()
  certificate.remove()
})

async function nextLine(): Promise<string> {
  const { value, done } = await lines.next()
  if (done) throw new Error('the child ended')
  return value
}

async function post(url: string, timeoutMs: number): Promise<PostResult> {
  child.stdin?.write(`${JSON.stringify({ url, timeoutMs })}\n`)
  return JSON.parse(await nextLine()) as PostResult
}

/** Stops the child, lets `meanwhile` happen, and goes on with it this long after it was stopped. */
async function stopFor(ms: number, meanwhile: () => unknown = () => undefined): Promise<void> {
  child.kill('SIGSTOP')
  const state = () => execFileSync('ps', ['-o', 'state=', '-p', String(child.pid)]).toString()
  await until(() => state().startsWith('T'), { what: 'a stopped process' })
  await meanwhile()
  await sleep(ms) // the deadline has to pass while it is stopped: there is nothing to wait for but time
  child.kill('SIGCONT')
}

/** One post to a receiver that is told of the request when the child is stopped already. */
async function postAndStop(
  plan: { timeoutMs: number; stoppedMs: number; before?: string },
  meanwhile: (socket: Socket) => unknown,
) {
  const receiver = await startSocketReceiver((socket) => {
    if (plan.before) socket.write(plan.before)
    void (async () => {
      if (plan.before) await sleep(100) // read before the process stops
      await stopFor(plan.stoppedMs, () => meanwhile(socket))
    })()
  })
  const result = await post(receiver.url, plan.timeoutMs)
  await receiver.close()
  return { ...result, requests: receiver.requests.length }
}

describe('a process that was stopped', () => {
  it('past the deadline takes the answer that lies in the socket', async () => {
    const plan = { timeoutMs: 1_000, stoppedMs: 2_500 }
    const { response, error } = await postAndStop(plan, (socket) => socket.write(OK))
    expect([response?.status, response?.body, error]).toEqual([200, 'ok', undefined])
  })

  it('for a moment only takes the answer that lies in the socket', async () => {
    const plan = { timeoutMs: 1_000, stoppedMs: 1_200 }
    const { response, error } = await postAndStop(plan, (socket) => socket.write(OK))
    expect([response?.status, error]).toEqual([200, undefined])
  })

  it('keeps the whole body that lies in the socket', async () => {
    const before = 'HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nab'
    const plan = { timeoutMs: 1_000, stoppedMs: 2_500, before }
    const { response } = await postAndStop(plan, (socket) => socket.write('cd'))
    expect(response).toMatchObject({ status: 503, body: 'abcd', truncated: false })
  })

  it.each<[string, (socket: Socket) => unknown]>([
    ['that nothing came from', () => undefined],
    ['that closed the connection meanwhile', (socket) => socket.destroy()],
    ['that reset it meanwhile', (socket) => socket.resetAndDestroy()],
  ])('does not blame a receiver %s: the outcome is unknown', async (_what, meanwhile) => {
    const { response, error } = await postAndStop({ timeoutMs: 1_000, stoppedMs: 2_500 }, meanwhile)
    expect([error?.code, response]).toEqual(['unknown', undefined])
    expect(error?.detail).toContain('stopped')
  })

  it('does not blame a receiver whose name servers it did not hear', async () => {
    onQuestion.call = () => {
      onQuestion.call = () => {}
      void sleep(100).then(() => stopFor(5_500)) // it waits for the answer by then
    }
    const { error } = await post('http://silent.example.net/', 20_000)
    expect(error?.code).toBe('unknown')
  })

  it('an honest silence is still a timeout', async () => {
    const receiver = await startSocketReceiver(() => undefined)
    const { error } = await post(receiver.url, 1_000)
    expect(error?.code).toBe('timeout')
    await receiver.close()
  })
})

describe('a process that was stopped in a TLS handshake', () => {
  /** Passes on what the child says once it is stopped; tells the requests that arrived behind TLS. */
  async function heldTls(stoppedMs: number) {
    let requests = 0
    const target = createHttpsServer(certificate.server, (_request, response) => {
      requests++
      response.end('ok')
    }).listen(0, '127.0.0.1')
    await once(target, 'listening')
    const sockets: Socket[] = []
    const front = createServer((socket) => {
      const inner = connect((target.address() as AddressInfo).port, '127.0.0.1')
      sockets.push(socket, inner)
      for (const one of [socket, inner]) one.on('error', () => undefined)
      socket.once('readable', () => {
        const pass = () => void socket.pipe(inner).pipe(socket)
        void stopFor(stoppedMs, pass)
      })
    }).listen(0, '127.0.0.1')
    await once(front, 'listening')
    return {
      url: `https://localhost:${(front.address() as AddressInfo).port}/`,
      requests: () => requests,
      close() {
        for (const socket of sockets) socket.destroy()
        target.close()
        front.close()
      },
    }
  }

  it('longer than connecting may take goes on with the handshake that lies in the socket', async () => {
    const held = await heldTls(6_500)
    const { response, error } = await post(held.url, 20_000)
    expect([response?.status, error]).toEqual([200, undefined])
    held.close()
  })

  it('past the deadline sends nothing any more', async () => {
    const held = await heldTls(2_500)
    const { error } = await post(held.url, 1_000)
    expect([error?.code, held.requests()]).toEqual(['unknown', 0])
    held.close()
  })
})

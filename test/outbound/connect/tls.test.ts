import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { createServer as createTlsServer, type SecureVersion, type TLSSocket } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import type { PostResult } from '../../../src/delivery/types.ts'
import { newCertificate } from './certificate.ts'
import { startSocketReceiver } from './socket-receiver.ts'

const certificate = newCertificate()
afterAll(() => certificate.remove())

/** What POSTs to these URLs, one after the other, come to where the certificate is trusted. */
async function posted(urls: string[]): Promise<PostResult[]> {
  const script = new URL('post-urls.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...urls], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate.file },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  await once(child, 'close')
  return JSON.parse(printed) as PostResult[]
}

const outcomes = (results: PostResult[]) =>
  results.map(({ response, error }) => response?.status ?? [error?.code, error?.detail])

/** A receiver that wants a certificate of its callers, which herald has none of. */
async function startMutual(version: SecureVersion) {
  const server = createHttpsServer(
    {
      ...certificate.server,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: version,
      maxVersion: version,
    },
    (_request, response) => response.end('ok'),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

describe('a receiver that demands a certificate', () => {
  it.each([
    ['TLSv1.2', 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
    ['TLSv1.3', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'],
  ] as const)('with %s is a tls_error with the reason of OpenSSL', async (version, reason) => {
    const { port, close } = await startMutual(version)
    const url = `https://localhost:${port}/`
    const detail = `no trusted TLS connection came about (${reason})`
    const refused = ['tls_error', detail]
    expect(outcomes(await posted([url, url, url]))).toEqual([refused, refused, refused])
    close()
  })
})

describe('TLS behind http://', () => {
  it('is a tls_error that says so where the receiver answers in TLS', async () => {
    const records = ['15030300020246', '1503010002020a', '160303']
    const receivers = await Promise.all(
      records.map((record) =>
        startSocketReceiver((socket) => void socket.end(Buffer.from(record, 'hex'))),
      ),
    )
    const detail = 'the receiver answers in TLS; its URL must begin with https://'
    expect(outcomes(await posted(receivers.map(({ url }) => url)))).toEqual(
      records.map(() => ['tls_error', detail]),
    )
    expect(receivers.map(({ requests }) => requests.length)).toEqual([1, 1, 1])
    await Promise.all(receivers.map((receiver) => receiver.close()))
  })

  it('is said to be possible where the receiver closes without a word, as OpenSSL does', async () => {
    const { port, close } = await startMutual('TLSv1.3')
    const [result] = await posted([`http://localhost:${port}/`])
    expect(result?.error?.code).toBe('reset')
    expect(result?.error?.detail).toContain('a receiver that speaks TLS needs a URL with https://')
    close()
  })
})

describe('plain text behind https://', () => {
  it('is a tls_error with the reason of OpenSSL', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const [result] = await posted([`https://localhost:${port}/`])
    expect(result?.error?.code).toBe('tls_error')
    expect(result?.error?.detail).toMatch(/\(ERR_SSL_[A-Z_]+\)$/)
    server.close()
  })
})

describe('a TLS connection that was in use before', () => {
  it('and is closed unanswered is replaced by a fresh one, once', async () => {
    const requests: string[] = []
    const server = createTlsServer(certificate.server, (socket: TLSSocket) => {
      let received = ''
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1')
        if (!received.endsWith('b'.repeat(100_000))) return
        requests.push(received)
        received = ''
        if (requests.length === 2) socket.destroy()
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`
    const results = await posted([url, url, url])
    expect(outcomes(results)).toEqual([200, 200, 200])
    expect(results.map(({ reconnected }) => reconnected)).toEqual([undefined, true, undefined])
    expect(requests).toHaveLength(4)
    server.close()
  })
})

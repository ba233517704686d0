import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent } from 'undici'
import { answerParent } from '../load/parent.ts'

const CONNECTIONS = 256
const secret = randomBytes(32)
const agent = new Agent({ connections: CONNECTIONS })

/** The headers of Standard Webhooks 1.0.0, as a sender must make them for each delivery. */
function signed(id: string, body: Buffer): Record<string, string> {
  const seconds = Math.floor(Date.now() / 1_000)
  const digest = createHmac('sha256', secret).update(`${id}.${seconds}.`).update(body)
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${digest.digest('base64')}`,
  }
}

async function forward(body: Buffer, to: URL): Promise<void> {
  const { id } = JSON.parse(body.toString()) as { id: string }
  const { origin, pathname: path } = to
  const answer = await agent.request({
    origin,
    path,
    method: 'POST',
    headers: signed(id, body),
    body,
  })
  await answer.body.dump()
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

/**
 * The least that delivering a webhook costs on this machine with these parts: take it, sign it, send it, and answer when it
 * was begun. Nothing is stored, nothing is tried again.
 */
answerParent(async ({ to }: { to: string }): Promise<number> => {
  const url = new URL(to)
  const server = createServer((request, response) => {
    bodyOf(request)
      .then((body) => {
        void forward(body, url).catch(() => undefined)
        response.writeHead(202, { 'content-length': 0 }).end()
      })
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
})

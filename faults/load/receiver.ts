import { createHash, createHmac } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { openSync, writeSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerParent } from '../../bench/load/parent.ts'
import { nanoseconds, type Operation, preciseNow } from '../history.ts'
import { fails } from './webhooks.ts'

/** What the receivers do to every request while it lasts; `amount`: milliseconds. */
export type Manner =
  | 'well'
  | 'hang'
  | 'reset before the answer'
  | 'reset after the answer'
  | 'reset in the answer'
  | 'slow'
  | 'close when idle'

/** A receiver: how many of its requests fail, and what they are signed with. */
export type ReceivedHook = { name: string; failing: number; secret?: string | undefined }

export type ReceiverQuestion =
  | { kind: 'listen'; port: number; log: string; originMs: number; firstProcess: number }
  | { kind: 'hooks'; hooks: ReceivedHook[] }
  | { kind: 'manner'; manner: Manner; amount: number }
  | { kind: 'next answer' }

const USUAL_MS = 20
const KEPT_MS = 3_600_000

let log = 0
let originMs = 0
let nextProcess = 0
let hooks = new Map<string, ReceivedHook>()
let manner: Manner = 'well'
let amount = 0
const successes = new EventEmitter()
const counts = new Map<string, number>()
const server = createServer((request, response) => void receive(request, response))
server.keepAliveTimeout = KEPT_MS

type Written = Pick<Operation, 'process' | 'type' | 'value'>
function write(operation: Written, atMs = preciseNow()): void {
  const time = nanoseconds(atMs - originMs)
  writeSync(log, `${JSON.stringify({ time, f: 'receive', ...operation })}\n`)
}

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const atMs = preciseNow()
  const body = await bodyOf(request)
  if (!body) return
  const process = nextProcess++
  const { event, ...seen } = described(request, body)
  write({ process, type: 'invoke', value: { event, ...seen } }, atMs)
  let isOver = false
  const end = (type: 'ok' | 'info', status: number) => {
    if (!isOver) write({ process, type, value: { event, status } })
    isOver = true
  }
  response.on('close', () => end('info', 0))
  await sleep(manner === 'slow' ? amount : USUAL_MS)
  if (response.destroyed) return
  const nth = seen.attempt ?? count(`${event} ${seen.webhook}`)
  const status = fails(hooks.get(seen.webhook)?.failing ?? 0, event, nth) ? 500 : 200
  answer(response, status, end)
}

function answer(
  response: ServerResponse,
  status: number,
  end: (type: 'ok' | 'info', status: number) => void,
): void {
  const { socket } = response
  switch (manner) {
    case 'hang':
      return
    case 'reset before the answer':
      socket?.resetAndDestroy()
      return
    case 'reset in the answer':
      end('ok', status)
      response.writeHead(status, { 'content-length': 100 })
      response.write('part', () => socket?.resetAndDestroy())
      return
    case 'reset after the answer':
      end('info', status)
      response.writeHead(status).end('ok', () => socket?.resetAndDestroy())
      return
    case 'well':
    case 'slow':
    case 'close when idle':
      end('ok', status)
      response.writeHead(status).end('ok')
      if (status === 200) successes.emit('answer')
  }
}

/** What it is: its event, webhook, number and bytes, and whether its signature fits (null: it has none to check). */
function described({ url = '', headers }: IncomingMessage, body: string) {
  const webhook = url.slice(1)
  const proof = /"proof":\s*"([^"]+)"/.exec(body)?.[1] ?? ''
  const attempt = headers['herald-attempt']
  const secret = hooks.get(webhook)?.secret
  return {
    webhook,
    event: String(headers['webhook-id'] ?? proof.split('.')[0]),
    delivery: String(headers['herald-delivery'] ?? ''),
    attempt: attempt === undefined ? null : Number(attempt),
    sha256: createHash('sha256').update(body).digest('base64url').slice(0, 16),
    proof,
    signed: secret === undefined ? null : isSigned(secret, headers, body),
  }
}

/** By Standard Webhooks: HMAC-SHA256 of id, timestamp and body, under the bytes of the secret. */
function isSigned(secret: string, headers: IncomingMessage['headers'], body: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const text = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  const signature = `v1,${createHmac('sha256', key).update(text).digest('base64')}`
  return String(headers['webhook-signature']).split(' ').includes(signature)
}

function count(key: string): number {
  const nth = (counts.get(key) ?? 0) + 1
  counts.set(key, nth)
  return nth
}

/** Undefined where its sender went away in the middle: nothing was received. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
  } catch {
    return undefined
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The process that webhooks are sent to. */
answerParent(async (question: ReceiverQuestion): Promise<unknown> => {
  switch (question.kind) {
    case 'listen':
      ;({ originMs, firstProcess: nextProcess } = question)
      log = openSync(question.log, 'a', 0o600)
      server.listen(question.port, '127.0.0.1')
      await once(server, 'listening')
      return true
    case 'hooks':
      hooks = new Map(question.hooks.map((hook) => [hook.name, hook]))
      return true
    case 'manner':
      ;({ manner, amount } = question)
      server.keepAliveTimeout = manner === 'close when idle' ? amount : KEPT_MS
      return true
    case 'next answer':
      await once(successes, 'answer')
      return true
  }
})

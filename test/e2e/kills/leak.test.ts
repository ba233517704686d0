import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import type { Payload } from '@temporalio/common'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { mongo } from 'mongoose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROUTES } from '../../../src/api/routes.ts'
import { choosePorts } from '../../../dev/servers/ports.ts'
import { newApiKey, newMasterKey } from '../../../src/ids.ts'
import { KeyRing } from '../../../src/vault/key-ring.ts'
import { EncryptionCodec } from '../../../src/vault/payload-codec.ts'
import { Canaries, type CanaryName } from '../../support/strangers/canaries.ts'
import type { Json } from '../../support/herald.ts'
import { type OwnServers, ownServers } from '../../support/servers/own-servers.ts'
import { type HeraldProcess, heraldProcess } from '../../support/servers/process.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'

type Answered = { status: number; body: Json; etag: string }
type Asked = { body?: unknown; headers?: Record<string, string>; reveals?: CanaryName[] }

const TASK_QUEUE = `leak-${process.pid}`
const ADMIN_KEY = newApiKey().value
const MASTER_KEY = newMasterKey()
const FAST = { type: 'fixed', interval: '100ms', retries: 1 }

const codec = codecOf(MASTER_KEY)
const canaries = new Canaries()
const answers: { where: string; text: string; allowed: CanaryName[] }[] = []
let servers: OwnServers
let herald: HeraldProcess
let metrics: string
let receiver: Receiver
let temporal: Client
let connection: Connection

function codecOf(masterKey: string): EncryptionCodec {
  const [id = '', base64 = ''] = masterKey.split(':')
  const ring = new KeyRing([{ id, key: new Uint8Array(Buffer.from(base64, 'base64')) }])
  return new EncryptionCodec({ ring, namespace: 'default', encrypts: true })
}

/** One request; all of its answer is kept for the search. */
async function ask(method: string, path: string, asked: Asked = {}): Promise<Answered> {
  const { body, headers = {}, reveals = [] } = asked
  const response = await fetch(new URL(path, herald.api), {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    redirect: 'manual',
  })
  const text = await response.text()
  const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`)
  const where = `${method} ${path} ${response.status}`
  answers.push({ where, text: [...lines, text].join('\n'), allowed: reveals })
  const isJson = response.headers.get('content-type')?.includes('json')
  const json = isJson ? (JSON.parse(text) as Json) : {}
  return { status: response.status, body: json, etag: response.headers.get('etag') ?? '' }
}

const target = (path: string, more: Json = {}) => ({
  type: 'http',
  url: new URL(path, receiver.url).href,
  headers: { 'X-Team': canaries.plant('header') },
  apiKey: { header: 'X-API-Key', value: canaries.plant('apiKey') },
  timeout: '1s',
  ...more,
})

async function webhook(fields: Json, reveals: CanaryName[]): Promise<Json & { id: string }> {
  const base = { name: 'leak', events: ['leak.*'], retry: FAST, format: 'raw' }
  const made = await ask('POST', '/v1/webhooks', { body: { ...base, ...fields }, reveals })
  expect(made.status).toBe(201)
  return made.body as Json & { id: string }
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** One webhook for each way to fail, and one that succeeds; the ids by what happens. */
async function makeWebhooks(): Promise<Record<string, string>> {
  const hmac = { scheme: 'hmac-sha256', header: 'X-Signature' }
  const refused = `http://127.0.0.1:${await closedPort()}/`
  const secret = canaries.plant('ownSigning')
  const standard = await webhook({ target: target('/ok') }, ['signing'])
  canaries.keep('signing', String(standard['secret']))
  const own = (fields: Json) => webhook({ signature: hmac, secret, ...fields }, ['ownSigning'])
  const slackUrl = new URL(`/services/T1/B1/${canaries.plant('slackPath')}`, receiver.url).href
  return {
    delivered: standard.id,
    http_5xx: (await own({ target: target('/500') })).id,
    timeout: (await own({ target: target('/slow') })).id,
    http_4xx: (await own({ target: target('/410') })).id,
    redirect_refused: (await own({ target: target('/307') })).id,
    connect_refused: (await own({ target: target('/', { url: refused }) })).id,
    slack: (await webhook({ target: { type: 'slack', url: slackUrl }, format: 'standard' }, [])).id,
  }
}

/** Requests that are refused, each with a secret in the wrong place. */
async function makeMistakes(webhookId: string): Promise<void> {
  const secret = canaries.plant('refusedSecret')
  const good = { name: 'x', events: ['none'], target: target('/ok') }
  const bad: unknown[] = [
    { ...good, secret: { value: secret } },
    { ...good, secret, signature: { scheme: 'none' } },
    { ...good, secret },
    { ...good, secrets: [secret] },
    { ...good, target: { ...good.target, apiKey: { value: `${secret}\n` } } },
    { ...good, target: { ...good.target, headers: { 'X-Two': `${secret}\u0000` } } },
    { ...good, target: { ...good.target, headers: [secret] } },
    { ...good, target: { type: 'slack', url: `https://hooks.example.com/services/${secret}` } },
    {
      ...good,
      target: target('', { url: `https://u:${canaries.plant('urlPassword')}@a.example/` }),
    },
    `{"secret":"${secret}"`,
    `{"secret":"${secret}","secret":"${secret}"}`,
  ]
  const refusals = await Promise.all(bad.map((body) => ask('POST', '/v1/webhooks', { body })))
  expect(refusals.map(({ status }) => Math.floor(status / 100))).toEqual(bad.map(() => 4))
  const other = newApiKey().value
  canaries.keep('madeKey', other)
  for (const authorization of [`Bearer ${other}`, `Basic ${other}`, other])
    expect((await ask('GET', '/v1/webhooks', { headers: { authorization } })).status).toBe(401)
  await ask('PATCH', `/v1/webhooks/${webhookId}`, { body: { secret } })
  await ask('PATCH', `/v1/webhooks/${webhookId}`, {
    body: { secret: 7 },
    headers: { 'if-match': secret },
  })
  await ask('POST', '/v1/api-keys', { body: { name: 'x', role: secret } })
  await ask('GET', `/v1/deliveries?cursor=${secret}`)
  await ask('POST', '/v1/events', { body: { type: 'x', data: {}, id: `${secret}.` } })
}

/** What an admin does with secrets, as it should be done. */
async function administer(id: string): Promise<void> {
  const path = `/v1/webhooks/${id}`
  const patch = { target: { apiKey: { value: canaries.plant('patchedApiKey') } } }
  const { etag } = await ask('GET', path)
  const patched = await ask('PATCH', path, { body: patch, headers: { 'if-match': etag } })
  expect(patched.status).toBe(200)
  const masked = await ask('PATCH', path, {
    body: { target: patched.body['target'] },
    headers: { 'if-match': patched.etag },
  })
  expect(masked.status, JSON.stringify(masked.body)).toBe(200)
  const rotated = await ask('POST', `${path}/secret/rotate`, {
    body: {},
    reveals: ['signing', 'rotated'],
  })
  expect(rotated.status).toBe(200)
  canaries.keep('rotated', String(rotated.body['secret']))
  const made = await ask('POST', '/v1/api-keys', {
    body: { name: 'viewer', role: 'viewer' },
    reveals: ['madeKey'],
  })
  expect(made.status).toBe(201)
  const key = Object.values(made.body).find((value) => /^hk_\w+_.{43}$/.test(String(value)))
  canaries.keep('madeKey', String(key))
  const event = { type: 'leak.a', data: { n: 1 } }
  expect((await ask('POST', '/v1/webhooks/preview', { body: { webhook: id, event } })).status).toBe(
    200,
  )
  await ask('POST', '/v1/webhooks/match', { body: { event } })
  for (const verb of ['pause', 'resume']) await ask('POST', `${path}/${verb}`)
}

async function deliveriesOf(webhookId: string): Promise<Json[]> {
  return (await ask('GET', `/v1/deliveries?webhook=${webhookId}`)).body['data'] as Json[]
}

/** Sends events, waits until all that follows is over, and has one failure repeated. */
async function deliver(webhooks: Record<string, string>, count: number): Promise<void> {
  const data = { note: canaries.plant('eventData') }
  for (let n = 0; n < count; n++)
    expect((await ask('POST', '/v1/events', { body: { type: 'leak.a', data } })).status).toBe(202)
  await until(async () => {
    const all = (await Promise.all(Object.values(webhooks).map(deliveriesOf))).flat()
    const open = all.filter(({ state }) => ['pending', 'held', 'retrying'].includes(String(state)))
    return all.length >= count * Object.keys(webhooks).length && open.length === 0
  })
}

/** Every GET route with every id that herald has given out; prints those that no id fits. */
async function readEverything(): Promise<void> {
  const ids = new Set(
    answers.flatMap(({ text }) => text.match(/\b(?:wh|dlv|evt|rpl|hk)_\w+/g) ?? []),
  )
  const own = [...ids].filter((id) => id.length < 60).slice(0, 60)
  const missed: string[] = []
  for (const { path } of ROUTES.filter(({ method }) => method === 'get')) {
    const paths = path.includes('{')
      ? [...own, 'customer_tag_add'].map((id) => fill(path, id))
      : [path.endsWith('/tail') ? `${path}?for=0` : path]
    const reveals: CanaryName[] = path.endsWith('/secret')
      ? ['signing', 'ownSigning', 'rotated']
      : []
    const reached = await Promise.all(paths.map((one) => ask('GET', one, { reveals })))
    if (!reached.some(({ status }) => status < 400)) missed.push(path)
  }
  for (const path of ['/v1/openapi.json', '/docs', '/nowhere', '/metrics']) await ask('GET', path)
  expect((await ask('GET', metrics)).status).toBe(200)
  if (missed.length > 0) console.info(`skipped: no id known for ${missed.join(', ')}`)
}

function fill(path: string, id: string): string {
  return path.replace(/\{\w+\}/, id)
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

/** All workflows of this herald: their exported histories, and what lists show of them. */
async function histories(): Promise<string[]> {
  return (await workflows()).map(({ history, listed }) =>
    [historyToJSON(history), ...textsOf(history), ...textsOf(listed)].join('\n'),
  )
}

async function workflows() {
  const found = []
  for await (const info of temporal.workflow.list({ query: `TaskQueue='${TASK_QUEUE}'` })) {
    const history = await temporal.workflow.getHandle(info.workflowId, info.runId).fetchHistory()
    found.push({ history, listed: info.raw })
  }
  return found
}

function payloadsOf(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return []
  if ('data' in value && value.data instanceof Uint8Array && 'metadata' in value)
    return [value as Payload]
  return Object.values(value).flatMap(payloadsOf)
}

/** What Temporal keeps for herald, as the workflows see it. */
async function decodedPayloads(): Promise<string[]> {
  return textsOf(await codec.decode(payloadsOf(await workflows())))
}

/** Names of the files in the data folder of both servers, with the canaries that are in their bytes. */
async function filesWithCanaries(): Promise<Map<string, CanaryName[]>> {
  const entries = await readdir(servers.dataDir, { recursive: true, withFileTypes: true })
  const found = new Map<string, CanaryName[]>()
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
    found.set(path.slice(servers.dataDir.length + 1), canaries.in(await readFile(path, 'latin1')))
  }
  return found
}

async function commandLine(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(herald.pid())])
  return [stdout]
}

/** All that a process prints which is started with these settings; it is ended after 5 s if it still runs. */
async function printedBy(environment: Record<string, string>): Promise<string> {
  const { address } = servers.temporal
  const env = { ...process.env, TEMPORAL_ADDRESS: address, TASK_QUEUE, ...environment }
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'serve', 'all'], { env })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (printed += data.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await once(child, 'close')
  clearTimeout(timer)
  return printed
}

/** Where a secret must not turn up, and which of them may stand there all the same. */
const PLACES: [name: string, allowed: CanaryName[], texts: () => string[] | Promise<string[]>][] = [
  ['the log at debug level', [], () => [herald.log()]],
  ['the histories of Temporal', [], histories],
  ['the decoded payloads of Temporal', ['eventData'], decodedPayloads],
  ['the command line', [], commandLine],
]

beforeAll(async () => {
  canaries.keep('adminKey', ADMIN_KEY)
  canaries.keep('masterKey', MASTER_KEY.split(':')[1] ?? '')
  servers = await ownServers()
  receiver = await startReceiver(({ path }) => {
    if (path === '/slow') return { status: 200, delayMs: 1_500 }
    if (path.startsWith('/services/')) return { status: 500, body: `No hook at ${path}` }
    if (path === '/307') return { status: 307, headers: { location: receiver.url } }
    return { status: Number(/^\/(\d{3})$/.exec(path)?.[1] ?? 200) }
  })
  const uri = new URL(`${servers.mongo.url}/leak?directConnection=true`)
  uri.searchParams.set('tlsCertificateKeyFilePassword', canaries.plant('mongo'))
  const { api: metricsPort } = await choosePorts(0)
  metrics = `http://127.0.0.1:${metricsPort}/metrics`
  herald = await heraldProcess('leak', {
    ADMIN_API_KEY: ADMIN_KEY,
    MASTER_KEYS: MASTER_KEY,
    CODEC_SERVER: 'true',
    METRICS_PORT: String(metricsPort),
    MONGODB_URI: uri.href,
    TEMPORAL_ADDRESS: servers.temporal.address,
    TASK_QUEUE,
    LOG_LEVEL: 'debug',
    SLACK_ALLOW_HOSTS: '127.0.0.1',
  })
  await herald.start()
  connection = await Connection.connect({ address: servers.temporal.address })
  temporal = new Client({ connection, dataConverter: { payloadCodecs: [codec] } })

  const webhooks = await makeWebhooks()
  await deliver(webhooks, 2)
  await makeMistakes(String(webhooks['delivered']))
  await administer(String(webhooks['delivered']))
  for (const { id } of await deliveriesOf(String(webhooks['http_5xx'])))
    await ask('POST', `/v1/deliveries/${String(id)}/redeliver`)
  await deliver({ delivered: String(webhooks['delivered']) }, 1)
  const replay = { filter: { webhook: String(webhooks['http_5xx']) } }
  expect((await ask('POST', '/v1/replays', { body: replay })).status).toBe(202)
  await ask('POST', `/v1/webhooks/${String(webhooks['delivered'])}/test`, { body: {} })
  await ask('DELETE', `/v1/webhooks/${String(webhooks['slack'])}`)
  await readEverything()
})
afterAll(async () => {
  await herald.kill()
  await Promise.all([receiver.close(), connection.close()])
  await servers.stop()
})

describe('a secret', () => {
  it('reaches the receivers that it is for, and every way to fail was met', () => {
    const sent = receiver.hits
      .map(({ headers, path }) => JSON.stringify([headers, path]))
      .join('\n')
    expect(canaries.in(sent).toSorted()).toEqual(
      ['apiKey', 'header', 'patchedApiKey', 'slackPath'].toSorted(),
    )
    const told = answers.map(({ text }) => text).join('\n')
    const codes = new Set(told.match(/(?<="code":")(?:http|timeout|connect|redirect|gone)\w*/g))
    expect([...codes].toSorted()).toEqual([
      'connect_refused',
      'gone',
      'http_4xx',
      'http_5xx',
      'redirect_refused',
      'timeout',
    ])
  })

  it('is in no answer of the API but the one that makes it or reveals it', () => {
    const leaks = answers.flatMap(({ where, text, allowed }) =>
      canaries.in(text, [...allowed, 'eventData']).map((name) => `${name}: ${where}`),
    )
    expect(leaks).toEqual([])
    const revealed = answers.flatMap(({ text, allowed }) =>
      allowed.filter((name) => canaries.in(text).includes(name)),
    )
    expect(new Set(revealed)).toEqual(new Set(['signing', 'ownSigning', 'rotated', 'madeKey']))
  })

  it.each(PLACES)('is not in %s', async (_name, allowed, texts) => {
    const found = await texts()
    expect(found.join('').length).toBeGreaterThan(0)
    const lines = found.flatMap((text) => text.split('\n'))
    const leaks = lines.map((line) => [canaries.in(line, allowed), line.slice(0, 300)] as const)
    expect(leaks.filter(([names]) => names.length > 0)).toEqual([])
  })

  it('is in no byte of the data folder, where bodies of events are plain in MongoDB only', async () => {
    await writeFile(join(servers.dataDir, 'herald.log'), herald.log())
    const found = [...(await filesWithCanaries())]
    const leaks = found.filter(([file, names]) =>
      names.some((name) => name !== 'eventData' || !file.startsWith('mongo')),
    )
    expect(leaks).toEqual([])
    expect(found.flatMap(([, names]) => names)).toContain('eventData')
  })

  it('would be found in that folder, had it been stored in plain', async () => {
    const control = canaries.plant('control')
    const client = await mongo.MongoClient.connect(servers.mongo.url, { directConnection: true })
    await client.db('leak').collection('control').insertOne({ secret: control })
    await client.close()
    const options = { taskQueue: 'nobody', workflowId: 'control', args: [control] }
    await new Client({ connection }).workflow.start('control', options)
    const found = [...(await filesWithCanaries())].filter(([, names]) => names.includes('control'))
    const stores = new Set(found.map(([file]) => file.split(/[./]/)[0]))
    expect(stores).toEqual(new Set(['mongo', 'temporal']))
    expect(canaries.in((await decodedPayloads()).join('\n'))).toContain('eventData')
  })

  it('is not printed by a herald whose settings are wrong', async () => {
    const secret = canaries.plant('mongo')
    const broken = [
      { MONGODB_URI: `postgres://user:${secret}@127.0.0.1/db` },
      { MONGODB_URI: `mongodb://user:${secret}@127.0.0.1:1/db` },
      { MONGODB_URI: `mongodb://user:${secret}@${secret}@127.0.0.1:1/db` },
      { MONGODB_URI: `mongodb://user:${secret}%zz@127.0.0.1:1/db` },
      { ADMIN_API_KEY: `hk_${secret}` },
    ]
    for (const settings of broken) {
      const printed = await printedBy({ LOG_LEVEL: 'debug', PORT: '0', ...settings })
      expect(printed.length, JSON.stringify(settings)).toBeGreaterThan(0)
      expect(canaries.in(printed), JSON.stringify(settings)).toEqual([])
    }
  })
})

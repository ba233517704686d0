import { randomBytes } from 'node:crypto'
import { Client } from '@temporalio/client'
import { inject } from 'vitest'
import { type Config, loadConfig } from '../../src/config.ts'
import { newApiKey } from '../../src/ids.ts'
import { createLogger } from '../../src/logger.ts'
import { closeRuntime, type HeraldRuntime, openRuntime } from '../../src/process/runtime.ts'
import { startServer } from '../../src/process/server.ts'
import { setUp } from '../../src/process/setup.ts'
import { installTemporalRuntime } from '../../src/temporal/log.ts'
import { startWorker } from '../../src/process/worker.ts'
import { checkedFetch } from './openapi.ts'
import { recordHistories } from './record-histories.ts'
import { testDatabaseUri } from './servers/servers.ts'
import { until } from './until.ts'

export type Json = Record<string, unknown>
export type Called = { status: number; headers: Headers; body: Json }

/** API, worker, MongoDB and Temporal as in production, in this process, on a database and task queue of their own. */
export type Herald = {
  api: string
  runtime: HeraldRuntime
  client: Client
  adminKey: string
  call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Called>
  webhook: (fields: Json) => Promise<Json & { id: string; secret: string }>
  event: (fields: Json) => Promise<string>
  delivery: (webhook: string, event?: string) => Promise<Json>
  /** The delivery's detail once it has this state. */
  reached: (webhook: string, state: string, seconds?: number) => Promise<Json>
  stop: () => Promise<void>
}

/** The configuration of one test file. */
export function testConfig(name: string, more: Record<string, string> = {}): Config {
  return loadConfig({
    PORT: '0',
    MONGODB_URI: testDatabaseUri(name),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: `${name}-${randomBytes(4).toString('hex')}`,
    WORKFLOW_BUNDLE: inject('workflowBundle'),
    ADMIN_API_KEY: newApiKey().value,
    OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
    ALLOW_HTTP: 'true',
    LOG_LEVEL: 'silent',
    ...more,
  })
}

/** The SDK's runtime is one per process, and a test file may start several heralds. */
let isInstalled = false

export async function startHerald(
  name: string,
  more: Record<string, string> = {},
): Promise<Herald> {
  const config = testConfig(name, more)
  const logger = createLogger(config.LOG_LEVEL)
  if (!isInstalled) installTemporalRuntime(logger)
  isInstalled = true
  const runtime = await openRuntime(config, logger)
  await setUp(runtime)
  const worker = await startWorker(runtime)
  const server = await startServer(runtime, worker.ready)
  const api = `http://127.0.0.1:${server.port}`
  const adminKey = config.ADMIN_API_KEY ?? ''
  const { connection, namespace } = runtime.link
  const temporal = new Client({ connection, namespace })
  return {
    ...client({ api, adminKey }),
    api,
    adminKey,
    runtime,
    client: temporal,
    async stop() {
      if (process.env['RECORD_HISTORIES']) await recordHistories(temporal, config.TASK_QUEUE)
      await server.stop()
      await worker.stop()
      await closeRuntime(runtime)
    },
  }
}

/** The calls that tests make, over HTTP; every answer is checked against the OpenAPI document. */
export function client({ api, adminKey }: { api: string; adminKey: string }) {
  const call: Herald['call'] = async (method, path, body, headers = {}) => {
    const response = await checkedFetch(new URL(path, api), {
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const { status, headers: answered, json } = response
    return { status, headers: answered, body: (json ?? {}) as Json }
  }
  const webhook: Herald['webhook'] = async (fields) => {
    const made = await call('POST', '/v1/webhooks', { name: 'test', events: ['*'], ...fields })
    if (made.status !== 201) throw new Error(`webhook: ${made.status} ${JSON.stringify(made.body)}`)
    return made.body as Json & { id: string; secret: string }
  }
  const event: Herald['event'] = async (fields) => {
    const sent = await call('POST', '/v1/events', { data: {}, ...fields })
    if (sent.status !== 202) throw new Error(`event: ${sent.status} ${JSON.stringify(sent.body)}`)
    return String(sent.body['id'])
  }
  const delivery: Herald['delivery'] = async (webhookId, eventId) => {
    const query = new URLSearchParams({
      webhook: webhookId,
      ...(eventId ? { event: eventId } : {}),
    })
    const list = await call('GET', `/v1/deliveries?${query.toString()}`)
    const [first] = list.body['data'] as Json[]
    if (!first) return {}
    return (await call('GET', `/v1/deliveries/${String(first['id'])}`)).body
  }
  const reached: Herald['reached'] = (webhookId, state, seconds = 30) =>
    until(
      async () => {
        const one = await delivery(webhookId)
        return one['state'] === state ? one : undefined
      },
      { seconds, what: `a delivery that is ${state}` },
    )
  return { call, webhook, event, delivery, reached }
}

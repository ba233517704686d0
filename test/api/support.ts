import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '../../src/api/app.ts'
import type { ApiDependencies, CheckedTarget } from '../../src/api/dependencies.ts'
import { configSchema } from '../../src/config.ts'
import type { RedeliverInput, RerunRequest } from '../../src/delivery/contract.ts'
import type { EventEnvelope } from '../../src/delivery/types.ts'
import { sha256 } from '../../src/ids.ts'
import { createLogger } from '../../src/logger.ts'
import { Metrics } from '../../src/metrics.ts'
import type { Role } from '../../src/models/access/api-key.ts'
import { createIndexes, defineModels, type Models, openModels } from '../../src/models/connect.ts'
import { DeliveryChanges } from '../../src/models/deliveries/changes.ts'
import type { DeliveryDocument } from '../../src/models/deliveries/document.ts'
import type { WebhookDocument } from '../../src/models/webhooks/document.ts'
import { KeyRing } from '../../src/vault/key-ring.ts'
import { EncryptionCodec } from '../../src/vault/payload-codec.ts'
import { checkedFetch } from '../support/openapi.ts'
import { type MongoServer, mongoServer } from './mongo-server.ts'

type Options = { key?: string | null; headers?: Record<string, string>; body?: unknown }
export type Api = Awaited<ReturnType<typeof startApi>>

/** An in-memory stand-in for ingest: remembers what it was handed, tells duplicates and conflicts. */
function recordingIngest() {
  const accepted: EventEnvelope[] = []
  const deadlines: number[] = []
  const known = (one: EventEnvelope) =>
    accepted.find(({ tenant, id }) => tenant === one.tenant && id === one.id)
  return {
    accepted,
    deadlines,
    fault: undefined as Error | undefined,
    enter: () => Promise.resolve(),
    async accept(events: EventEnvelope[], deadlineAtMs: number) {
      if (this.fault) throw this.fault
      deadlines.push(deadlineAtMs)
      const results = events.map((event) => {
        const before = known(event)
        if (before && before.hash !== event.hash) return { id: event.id, conflict: true as const }
        return { id: event.id, duplicate: before !== undefined }
      })
      if (results.every((result) => !result.conflict))
        for (const event of events) if (!known(event)) accepted.push(event)
      return results
    },
    pending: (tenant: string, id: string) =>
      accepted.some((event) => event.tenant === tenant && event.id === id),
  }
}

/** The API on a free port with a database of its own, and a key of each role. */
export async function startApi(
  options: { env?: Record<string, string>; server?: MongoServer } = {},
) {
  const mongo = options.server ?? (await mongoServer())
  const database = `api_${randomBytes(6).toString('hex')}`
  const config = configSchema.parse(options.env ?? {})
  const ring = new KeyRing(config.MASTER_KEYS)
  const models = defineModels(ring)
  await openModels(models, withDatabase(mongo.url, database))
  await createIndexes(models)
  const ingest = recordingIngest()
  const redelivered: (RedeliverInput & { n: string })[] = []
  const woken: string[] = []
  const rerun: RerunRequest[] = []
  const clock = { offsetMs: 0 }
  const deps: ApiDependencies = {
    config,
    logger: createLogger('silent'),
    metrics: new Metrics(),
    models,
    changes: new DeliveryChanges(models),
    now: () => Date.now() + clock.offsetMs,
    version: '0.0.0-test',
    ingest,
    temporal: {
      redeliver: async (input, { n }) => {
        redelivered.push({ ...input, n })
        return { workflow: `redeliver/${input.delivery}/${n}` }
      },
      wake: async (workflows) => void woken.push(...workflows),
      rerun: async (request) => {
        rerun.push(request)
        return {
          method: 'rerun',
          workflow: `event/${request.tenant}/${request.id}/rerun/${request.n}`,
        }
      },
      healthy: async () => true,
      signalLane: () => Promise.resolve(),
      workflowUrl: (id) => `http://127.0.0.1:8233/namespaces/default/workflows/${id}`,
    },
    replays: {
      wake: async ({ replay }) => void woken.push(replay),
    },
    codec: {
      payloads: new EncryptionCodec({ ring, namespace: 'default', encrypts: true }),
      namespace: 'default',
    },
    checkTarget: async (url) => judged(url),
    workerReady: () => true,
    stopping: new AbortController().signal,
  }
  const server = createServer(createApp(deps)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const keys = {
    ingest: await addKey(models, 'ingest'),
    viewer: await addKey(models, 'viewer'),
    operator: await addKey(models, 'operator'),
    admin: await addKey(models, 'admin'),
  }
  const call = async (method: string, path: string, { key, headers, body }: Options = {}) => {
    const bearer = key === undefined ? keys.admin : key
    const text = typeof body === 'string' || body instanceof Uint8Array
    return checkedFetch(new URL(path, url), {
      method,
      redirect: 'manual',
      headers: {
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: text ? (body as string) : JSON.stringify(body) }),
    })
  }
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await models.connection.dropDatabase().catch(() => undefined)
    await models.connection.close(true)
    if (!options.server) await mongo.stop()
  }
  return { url, models, ingest, redelivered, rerun, woken, deps, keys, clock, call, stop }
}

/** Stores a new key and gives its value. */
export async function addKey(models: Models, role: Role, more: object = {}): Promise<string> {
  const id = randomBytes(6).toString('hex')
  const value = `hk_${id}_${randomBytes(32).toString('base64url')}`
  await models.apiKeys.create({
    _id: id,
    name: role,
    role,
    hash: sha256(value),
    last4: value.slice(-4),
    createdAt: new Date(),
    ...more,
  })
  return value
}

/** Stores a delivery row; what is not given is a delivered one. */
export async function addDelivery(
  models: Models,
  row: Partial<DeliveryDocument> & { _id: string },
): Promise<void> {
  const at = row.createdAt ?? new Date()
  await models.deliveries.create({
    tenant: 'default',
    event: 'evt-1',
    webhook: 'wh-1',
    type: 'a.b',
    state: 'delivered',
    body: '{"secret":"body"}',
    contentType: 'application/json',
    workflow: 'ev-1',
    createdAt: at,
    attempts: 1,
    failures: 0,
    unknowns: 0,
    round: 1,
    updatedAt: at,
    ...row,
  })
}

/** Stores a webhook; what is not given is an active one that wants every event. */
export async function addWebhook(
  models: Models,
  webhook: Partial<WebhookDocument> & { _id: string },
): Promise<void> {
  const at = webhook.createdAt ?? new Date()
  await models.webhooks.create({
    tenant: 'default',
    name: webhook._id,
    events: ['*'],
    target: { type: 'http', url: 'https://example.com/hook', timeout: '15s' },
    format: 'standard',
    signature: { scheme: 'none' },
    success: '2xx',
    retry: { type: 'fixed', interval: '1s', retries: 3 },
    rateLimit: null,
    concurrency: 1,
    state: 'active',
    secrets: [],
    version: 1,
    createdAt: at,
    updatedAt: at,
    ...webhook,
  })
}

/** Stands for the address guard: refuses loopback, warns of `.test`, lower-cases the host. */
function judged(url: string): CheckedTarget {
  const host = URL.canParse(url) ? new URL(url).hostname : ''
  if (host === '') return { ok: false, code: 'url_invalid', detail: 'is not a URL' }
  if (host.startsWith('127.'))
    return { ok: false, code: 'addr_not_public', detail: 'is not a public address' }
  const warning = { code: 'dns_no_address', detail: 'does not resolve now' }
  return { ok: true, url: new URL(url).href, ...(host.endsWith('.test') && { warning }) }
}

function withDatabase(url: string, database: string): string {
  const [address = '', query] = url.split('?')
  const base = address.replace(/^(mongodb(?:\+srv)?:\/\/[^/]+).*$/, '$1')
  return `${base}/${database}?${query ?? 'directConnection=true'}`
}

import { join } from 'node:path'
import { z } from 'zod'
import { type ApiClient, refusal } from './api-client.ts'
import { readIfThere, writePrivateJson } from '../servers/private-file.ts'

/** Path of the demo webhook at the receiver. */
export const DEMO_PATH = '/demo'
const NAME = 'Demo receiver'

const demoSchema = z.object({
  webhook: z.string(),
  secret: z.string(),
  port: z.number().int(),
  version: z.number().int(),
})
/** What demo.json keeps. */
export type Demo = z.output<typeof demoSchema>

const webhookSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  version: z.number(),
  target: z.looseObject({ url: z.string() }),
  secret: z.string().optional(),
})
type Webhook = z.output<typeof webhookSchema>

/** What an earlier start kept, or undefined. */
export async function readDemo(dataDir: string): Promise<Demo | undefined> {
  const text = await readIfThere(join(dataDir, 'demo.json'))
  if (text === undefined) return undefined
  try {
    return demoSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/**
 * The demo webhook, made on the first start only, with its target at this receiver and its current secret.
 * Throws an Error where the API refuses, or where somebody paused the webhook.
 */
export async function ensureDemoWebhook(
  call: ApiClient,
  { dataDir, port }: { dataDir: string; port: number },
): Promise<Demo> {
  const url = `http://127.0.0.1:${port}${DEMO_PATH}`
  const known = await readDemo(dataDir)
  const found = known ? await readWebhook(call, known.webhook) : await findByName(call)
  const webhook = found ? await pointTo(call, found, url) : await create(call, url)
  const isSame = known?.webhook === webhook.id && known.version === webhook.version
  const secret = webhook.secret ?? (isSame ? known.secret : await reveal(call, webhook.id))
  const demo = { webhook: webhook.id, secret, port, version: webhook.version }
  await writePrivateJson(join(dataDir, 'demo.json'), demo)
  if (webhook.state !== 'active') throw new Error(`the webhook "${NAME}" is ${webhook.state}`)
  return demo
}

async function create(call: ApiClient, url: string): Promise<Webhook> {
  const body = {
    name: NAME,
    description: 'Made by npm start; its receiver runs in the same process.',
    events: ['*'],
    target: { type: 'http', url },
  }
  const made = await call('POST', '/v1/webhooks', { body })
  if (made.status !== 201) throw refusal('POST /v1/webhooks', made)
  return webhookSchema.parse(made.body)
}

/** Undefined where it was deleted. */
async function readWebhook(call: ApiClient, id: string): Promise<Webhook | undefined> {
  const read = await call('GET', `/v1/webhooks/${id}`)
  if (read.status === 404) return undefined
  if (read.status !== 200) throw refusal(`GET /v1/webhooks/${id}`, read)
  return webhookSchema.parse(read.body)
}

/** The one that a start made which ended before it could note it. */
async function findByName(call: ApiClient): Promise<Webhook | undefined> {
  const list = await call('GET', '/v1/webhooks?limit=100')
  if (list.status !== 200) throw refusal('GET /v1/webhooks', list)
  const { data } = z.looseObject({ data: z.array(webhookSchema) }).parse(list.body)
  return data.find(
    ({ name, target }) => name === NAME && /^http:\/\/127\.0\.0\.1:\d+\/demo$/.test(target.url),
  )
}

async function pointTo(call: ApiClient, webhook: Webhook, url: string): Promise<Webhook> {
  if (webhook.target.url === url) return webhook
  const path = `/v1/webhooks/${webhook.id}`
  const { etag } = await call('GET', path)
  const body = { target: { type: 'http', url } }
  const changed = await call('PATCH', path, { body, headers: { 'if-match': etag ?? '*' } })
  if (changed.status !== 200) throw refusal(`PATCH ${path}`, changed)
  return webhookSchema.parse(changed.body)
}

async function reveal(call: ApiClient, id: string): Promise<string> {
  const read = await call('GET', `/v1/webhooks/${id}/secret`)
  if (read.status !== 200) throw refusal('GET …/secret', read)
  return z.looseObject({ secret: z.string() }).parse(read.body).secret
}

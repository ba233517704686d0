import { z } from 'zod'
import { LANE_RUN } from '../../delivery/types.ts'
import { workflowOf } from '../../models/deliveries/document.ts'
import { oneOf } from '../../models/one-of.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { checkIfMatch, etagOf, isUnchanged, staleVersion } from '../http/etag.ts'
import { unknownTypeWarnings } from '../event-types/view.ts'
import { owedView } from './lane-view.ts'
import { publicUrl } from '../http/links.ts'
import { several } from '../input/several.ts'
import { listPage, pageOf, pageQuery } from '../lists/pages.ts'
import { type Answer, type Call, route } from '../http/route.ts'
import {
  draftChange,
  draftNew,
  findUsableWebhook,
  findWebhook,
  isSame,
  pausedBy,
  storeChange,
  type Draft,
} from './changes.ts'
import { audit, tellLane } from './announce.ts'
import { webhookInputSchema, webhookPatchSchema, webhookSchema } from './schema.ts'
import { withText } from './text-filter.ts'
import { webhookView } from './view.ts'

const tag = 'Webhooks'
const CARRIERS_WOKEN = 200
const etag = { ETag: 'The version, for If-Match.' }
const ifMatch = { 'If-Match': 'The ETag that you have read; needed.' }

function shown({ webhook, warnings, newSecret }: Draft, status: number): Answer {
  return {
    status,
    body: {
      ...webhookView(webhook, warnings),
      ...(newSecret !== undefined && { secret: newSecret }),
    },
    headers: { etag: etagOf(webhook.version) },
  }
}

/** The draft, with what may be typos among the types that it names and did not before. */
async function withTypeWarnings(
  call: Call<unknown, unknown>,
  draft: Draft,
  before: readonly string[] = [],
): Promise<Draft> {
  const named = draft.webhook.events.filter((type) => !before.includes(type))
  const warnings = await unknownTypeWarnings(call, named)
  return { ...draft, warnings: [...draft.warnings, ...warnings] }
}

function unchanged(webhook: WebhookDocument): Draft {
  return { webhook, warnings: [], newSecret: undefined }
}

/** Pauses or resumes; a webhook that is so already stays as it is. */
async function setState(call: Call<unknown, unknown>, state: 'active' | 'paused'): Promise<Answer> {
  const stored = await findUsableWebhook(call)
  if (stored.state === state) return shown(unchanged(stored), 200)
  const { stateReason: _old, ...rest } = stored
  const now = new Date(call.deps.now())
  const webhook: WebhookDocument = {
    ...rest,
    state,
    ...(state === 'paused' && { stateReason: pausedBy(now) }),
    version: stored.version + 1,
    updatedAt: now,
  }
  await storeChange(call, webhook)
  const action = state === 'paused' ? 'webhook.paused' : 'webhook.resumed'
  tellLane(call, stored, webhook)
  if (state === 'active') void wakeCarriers(call, webhook)
  await audit(call, action, stored, webhook)
  return shown(unchanged(webhook), 200)
}

/** The workflows that wait for a paused webhook learn at once that it goes on; beyond the first ones, within 30 s. */
async function wakeCarriers({ deps }: Call<unknown, unknown>, { _id }: WebhookDocument) {
  const waiting = { webhook: _id, 'carrier.run': { $ne: LANE_RUN }, dueAt: { $exists: true } }
  const rows = await deps.models.deliveries
    .find(waiting, { carrier: 1, workflow: 1 })
    .sort({ dueAt: 1 })
    .limit(CARRIERS_WOKEN)
    .lean()
    .catch(() => [])
  await deps.temporal.wake([...new Set(rows.map(workflowOf))])
}

export const webhookRoutes = [
  route({
    method: 'post',
    path: '/v1/webhooks',
    operationId: 'createWebhook',
    summary: 'Create a webhook',
    tag,
    role: 'admin',
    body: webhookInputSchema,
    example: {
      name: 'Tags to CRM',
      events: ['customer_tag_*'],
      target: { type: 'http', url: 'https://crm.example.com/hooks' },
    },
    responses: {
      201: {
        description: 'Created; `secret` is shown this once',
        schema: webhookSchema,
        headers: { ...etag, Location: 'The webhook.' },
      },
    },
    handle: async (call) => {
      const draft = await withTypeWarnings(call, await draftNew(call, call.body))
      await call.deps.models.webhooks.create(draft.webhook)
      call.validation.webhooksChanged(call.caller.tenant)
      await audit(call, 'webhook.created', undefined, draft.webhook)
      const answer = shown(draft, 201)
      const location = publicUrl(call.deps.config, `/v1/webhooks/${draft.webhook._id}`)
      return { ...answer, headers: { ...answer.headers, location } }
    },
  }),
  route({
    method: 'get',
    path: '/v1/webhooks',
    operationId: 'listWebhooks',
    summary: 'List webhooks, newest first',
    tag,
    role: 'viewer',
    query: z.strictObject({
      ...pageQuery,
      state: several(z.enum(['active', 'paused', 'disabled'])),
      text: z.string().min(1).max(200).optional().meta({
        description: 'Within the name, description, id, events or URL; case is no matter.',
      }),
    }),
    responses: { 200: { description: 'A page', schema: pageOf(webhookSchema) } },
    handle: (call) =>
      listPage(call, {
        model: call.deps.models.webhooks,
        timeField: 'createdAt',
        view: (webhook) => webhookView(webhook),
        filter: {
          deletedAt: { $exists: false },
          ...(call.query.state && { state: oneOf(call.query.state) }),
          ...(call.query.text !== undefined && withText(call.query.text)),
        },
      }),
  }),
  route({
    method: 'get',
    path: '/v1/webhooks/{id}',
    operationId: 'getWebhook',
    summary: 'Read a webhook',
    tag,
    role: 'viewer',
    headers: { 'If-None-Match': 'The ETag that you have; then 304.' },
    responses: {
      200: { description: 'The webhook', schema: webhookSchema, headers: etag },
      304: { description: 'Unchanged', headers: etag },
    },
    handle: async (call) => {
      const webhook = await findWebhook(call)
      const headers = { etag: etagOf(webhook.version) }
      if (isUnchanged(call.request, webhook.version)) return { status: 304, headers }
      const { body, ...answer } = shown(unchanged(webhook), 200)
      return { ...answer, body: { ...Object(body), owed: await owedView(call.deps, webhook) } }
    },
  }),
  route({
    method: 'patch',
    path: '/v1/webhooks/{id}',
    operationId: 'updateWebhook',
    summary: 'Change a webhook',
    tag,
    role: 'admin',
    headers: ifMatch,
    body: webhookPatchSchema,
    example: { name: 'Tags to CRM', rateLimit: { limit: 10, per: '1s' } },
    problems: [409, 412, 428],
    responses: { 200: { description: 'Changed', schema: webhookSchema, headers: etag } },
    handle: async (call) => {
      const stored = await findUsableWebhook(call)
      checkIfMatch(call.request, stored.version)
      const changed = await draftChange(call, stored, call.body)
      if (isSame(changed, stored)) return shown(unchanged(stored), 200)
      const draft = await withTypeWarnings(call, changed, stored.events)
      await storeChange(call, draft.webhook)
      call.validation.webhooksChanged(call.caller.tenant)
      tellLane(call, stored, draft.webhook)
      await audit(call, 'webhook.changed', stored, draft.webhook)
      return shown(draft, 200)
    },
  }),
  route({
    method: 'delete',
    path: '/v1/webhooks/{id}',
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook; its open deliveries are cancelled',
    tag,
    role: 'admin',
    headers: ifMatch,
    problems: [412, 428],
    responses: { 204: { description: 'Deleted' } },
    handle: async (call) => {
      const stored = await findWebhook(call)
      checkIfMatch(call.request, stored.version)
      const { _id, tenant, version } = stored
      const now = new Date(call.deps.now())
      const result = await call.deps.models.webhooks.updateOne(
        { _id, tenant, version, deletedAt: { $exists: false } },
        { $set: { deletedAt: now, updatedAt: now, version: version + 1 } },
      )
      if (result.matchedCount === 0) throw staleVersion()
      tellLane(call, stored)
      await audit(call, 'webhook.deleted', stored)
      return { status: 204 }
    },
  }),
  ...(['pause', 'resume'] as const).map((verb) =>
    route({
      method: 'post',
      path: `/v1/webhooks/{id}/${verb}`,
      operationId: `${verb}Webhook`,
      summary: verb === 'pause' ? 'Hold its deliveries back' : 'Let its deliveries go on',
      tag,
      role: 'operator',
      problems: [409, 412],
      responses: { 200: { description: 'As it is now', schema: webhookSchema, headers: etag } },
      handle: (call) => setState(call, verb === 'pause' ? 'paused' : 'active'),
    }),
  ),
]

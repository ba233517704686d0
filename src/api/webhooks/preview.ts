import { z } from 'zod'
import { type EventEnvelope, FORMATS, type Target } from '../../delivery/types.ts'
import { deliveryId, newId } from '../../ids.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { deliveryBody } from '../../outbound/request/delivery-body.ts'
import { deliveryRequest } from '../../outbound/request/delivery-request.ts'
import { deliveryUrl } from '../../outbound/address/delivery-url.ts'
import { newSecret } from '../../outbound/request/signature.ts'
import { EVENT_EXAMPLE, eventInputSchema, eventOf } from '../events/view.ts'
import { parseBody, validationError } from '../input/parse-input.ts'
import { defaultsFor } from './presets.ts'
import { checkShape, type JsonText, jsonText } from '../input/body.ts'
import { slackSchema } from '../http/receivers.ts'
import { type Answer, rawRoute, type UnparsedCall } from '../http/route.ts'
import { findUsableWebhook } from './changes.ts'
import { signatureInputSchema } from './schema.ts'
import { targetInputSchema } from './target-schema.ts'

/** The settings beside the largest event. */
const SETTINGS_MAX_BYTES = 65_536

const settings = {
  webhook: z.string().optional().meta({ description: 'Id of the webhook whose fields are taken.' }),
  target: targetInputSchema.optional(),
  format: z.enum(FORMATS).optional(),
  signature: signatureInputSchema.optional(),
}
const settingsSchema = z.strictObject({ ...settings, event: z.record(z.string(), z.unknown()) })
const previewInputSchema = z.strictObject({ ...settings, event: eventInputSchema }).meta({
  id: 'PreviewInput',
  description:
    "Target, format and signature come before the webhook's; a webhook or a target is needed.",
})

export const previewSchema = z
  .object({
    request: z.object({
      method: z.string(),
      url: z.string(),
      headers: z.record(z.string(), z.string()),
    }),
    body: z.string().meta({ description: 'What would be sent, byte for byte.' }),
    slack: slackSchema
      .optional()
      .meta({ description: 'The body of a Slack target, parsed: for the Block Kit Builder.' }),
  })
  .meta({ id: 'Preview' })

type Settings = z.output<typeof settingsSchema>
type Previewed = Pick<WebhookDocument, '_id' | 'target' | 'format' | 'signature'>

/** The stored webhook's fields, or the defaults, with those of the input in their place. Throws not_found, validation_failed. */
async function previewed(call: UnparsedCall, input: Settings): Promise<Previewed> {
  const { webhook: id } = input
  const stored =
    id === undefined
      ? undefined
      : await findUsableWebhook({ ...call, params: { ...call.params, id } })
  const target = input.target ?? stored?.target
  if (!target)
    throw validationError([{ pointer: '/target', detail: 'is required', code: 'required' }])
  if (!isWebUrl(target))
    throw validationError([{ pointer: '/target/url', detail: 'is not a URL', code: 'url_invalid' }])
  const defaults = defaultsFor('standard', target.type)
  return {
    _id: stored?._id ?? newId('wh', call.receivedAtMs),
    target,
    format: input.format ?? stored?.format ?? defaults.format,
    signature: input.signature ?? stored?.signature ?? defaults.signature,
  }
}

function isWebUrl({ url }: Target): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}

/** The request of the first attempt; the secret is a made one, since no signature is shown. */
function preview(call: UnparsedCall, webhook: Previewed, event: EventEnvelope): Answer {
  const { config, version } = call.deps
  const nowMs = call.receivedAtMs
  const id = deliveryId(event.tenant, event.id, webhook._id)
  const body = deliveryBody(event, webhook, { delivery: deliveryUrl(config, id) })
  const secrets = [{ value: newSecret(webhook.signature), createdAt: new Date(nowMs) }]
  const { shown } = deliveryRequest(
    { _id: id, event: event.id, type: event.type, ...body, formatHeaders: body.headers },
    { ...webhook, secrets },
    { number: 1, nowMs, userAgent: `herald/${version}` },
  )
  const isSlack = webhook.target.type === 'slack'
  return {
    status: 200,
    body: {
      request: shown,
      body: body.body,
      ...(isSlack && { slack: JSON.parse(body.body) as unknown }),
    },
  }
}

/** The event's own text within the request, so that its data stays byte for byte. */
function eventText(body: JsonText): JsonText {
  const member = body.scan.members.find(({ key }) => key === 'event')
  return jsonText(member ? body.text.slice(member.start, member.end) : '{}')
}

export const webhookPreviewRoutes = [
  rawRoute(
    {
      method: 'post',
      path: '/v1/webhooks/preview',
      operationId: 'previewWebhook',
      summary: 'What a webhook would send for an event; nothing is sent or stored',
      tag: 'Webhooks',
      role: 'viewer',
      body: previewInputSchema,
      example: {
        target: { type: 'http', url: 'https://crm.example.com/hooks' },
        format: 'standard',
        event: EVENT_EXAMPLE,
      },
      problems: [404, 409],
      rules: ({ deps }) => ({ limitBytes: deps.config.INGEST_MAX_BYTES + SETTINGS_MAX_BYTES }),
      responses: {
        200: { description: 'The request of a first attempt, redacted', schema: previewSchema },
      },
    },
    async (call, body) => {
      checkShape(body.scan)
      const settingsGiven = parseBody(settingsSchema, body.value)
      const origin = { tenant: call.caller.tenant, receivedAtMs: call.receivedAtMs }
      const event = eventOf(eventText(body), origin, '/event')
      return preview(call, await previewed(call, settingsGiven), event)
    },
  ),
]

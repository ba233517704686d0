import { z } from 'zod'
import { wantsType } from '../../delivery/match.ts'
import type { EventEnvelope } from '../../delivery/types.ts'
import { deliveryId } from '../../ids.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { recordChange } from '../access/audit.ts'
import { deliveryBodyOf, findDelivery } from '../deliveries/view.ts'
import { deliverySchema } from '../deliveries/view.ts'
import { wirePatterns } from './patterns.ts'
import { allEventTypes, findEventType } from '../event-types/view.ts'
import { firstAttempts, onceAccepted, preferredWaitSeconds } from '../events/view.ts'
import { eventOf, eventTypeSchema } from '../events/view.ts'
import { accept } from '../events/view.ts'
import { headerOf } from '../input/bytes.ts'
import { publicUrl } from '../http/links.ts'
import { parseBody, validationError } from '../input/parse-input.ts'
import { type JsonText, jsonText } from '../input/body.ts'
import { rawRoute, type UnparsedCall } from '../http/route.ts'
import { findUsableWebhook } from './changes.ts'

const testInputSchema = z
  .strictObject({
    type: eventTypeSchema
      .optional()
      .meta({ description: "Or the webhook's first, of the catalogue where it names a pattern." }),
    data: z.unknown().optional().meta({ description: "Or the example of the catalogue's type." }),
  })
  .meta({ id: 'WebhookTestInput' })

const testedSchema = z
  .object({
    event: z.string(),
    delivery: z.string(),
    links: z.object({ event: z.string(), delivery: z.string() }),
  })
  .meta({ id: 'WebhookTest' })

/** The event of a test, for one webhook alone. Throws validation_failed. */
async function testEvent(
  call: UnparsedCall,
  body: JsonText,
  { events }: WebhookDocument,
): Promise<EventEnvelope> {
  const input = parseBody(testInputSchema, body.value)
  const origin = { tenant: call.caller.tenant, receivedAtMs: call.receivedAtMs }
  const given = input.type ?? (await firstType(call, events))
  const [type = given] = wirePatterns([given])
  const data = body.scan.members.find(({ key }) => key === 'data')
  const text = data ? body.text.slice(data.start, data.end) : await exampleOf(call, type)
  const whole = jsonText(`{"type":${JSON.stringify(type)},"data":${text}}`)
  return { ...eventOf(whole, origin), test: true, onlyWebhook: call.params.id }
}

/** The first name among a webhook's patterns, or the first type of the catalogue with an example that they choose. */
async function firstType(call: UnparsedCall, patterns: string[]): Promise<string> {
  const named = patterns.find((pattern) => !pattern.includes('*'))
  if (named !== undefined) return named
  const types = await allEventTypes(call)
  const type = types.find((one) => one.example !== undefined && wantsType(patterns, one.name))
  if (type) return type.name
  const detail = `is needed: no type of the catalogue that has an example fits ${patterns.join(', ')}`
  throw validationError([{ pointer: '/type', detail, code: 'required' }])
}

async function exampleOf(call: UnparsedCall, name: string): Promise<string> {
  const { type } = await findEventType(call, name)
  if (type?.example !== undefined) return JSON.stringify(type.example)
  const detail = `is needed: the catalogue has no example of “${name}”`
  throw validationError([{ pointer: '/data', detail, code: 'required' }])
}

export const webhookTestRoutes = [
  rawRoute(
    {
      method: 'post',
      path: '/v1/webhooks/{id}/test',
      operationId: 'testWebhook',
      summary: 'Send it a test event: the real pipeline, to this webhook alone, whatever its state',
      tag: 'Webhooks',
      role: 'operator',
      body: testInputSchema,
      example: { type: 'customer_tag_add' },
      headers: { Prefer: '`wait=N` (at most 10 s) waits for the first attempt.' },
      problems: [409],
      rules: ({ deps }) => ({ limitBytes: deps.config.INGEST_MAX_BYTES, empty: '{}' }),
      responses: {
        200: {
          description: 'The first attempt is in (`Prefer: wait`)',
          schema: testedSchema.extend({ result: deliverySchema }).meta({ id: 'WebhookTestResult' }),
          headers: { 'Preference-Applied': 'What was waited.' },
        },
        202: { description: 'On its way', schema: testedSchema },
      },
    },
    async (call, body) => {
      const { deps, caller } = call
      const webhook = await findUsableWebhook(call)
      const event = await testEvent(call, body, webhook)
      const id = deliveryId(caller.tenant, event.id, webhook._id)
      // before: once the event is accepted nothing may turn the answer into an error
      await recordChange(call, {
        action: 'webhook.tested',
        resource: webhook._id,
        after: { event: event.id, type: event.type },
      })
      await accept(call, [event], () => '')
      const path = (text: string) => publicUrl(deps.config, text)
      const links = {
        event: path(`/v1/events/${event.id}`),
        delivery: path(`/v1/deliveries/${id}`),
      }
      const tested = { event: event.id, delivery: id, links }
      const seconds = preferredWaitSeconds(headerOf(call.request, 'prefer'))
      const result =
        seconds > 0 &&
        (await onceAccepted(deps, seconds, async (late) => {
          const attempted = await firstAttempts(deps, event, late)
          if (!attempted || attempted.length === 0) return undefined
          const delivery = await findDelivery({ ...call, params: { ...call.params, id } })
          return deliveryBodyOf(deps, delivery)
        }))
      if (!result) return { status: 202, body: tested }
      const headers = { 'preference-applied': `wait=${seconds}` }
      return { status: 200, body: { ...tested, result }, headers }
    },
  ),
]

import { z } from 'zod'
import { judge, NO_MATCH_CODES } from '../../filter/verdict.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { unknownTypeWarnings } from '../event-types/view.ts'
import { EVENT_EXAMPLE, eventInputSchema, wrappedEventOf } from './ingest-body.ts'
import { rawRoute } from '../http/route.ts'

export const matchSchema = z
  .object({
    webhook: z.string(),
    name: z.string(),
    matches: z.boolean(),
    reason: z
      .enum(NO_MATCH_CODES)
      .optional()
      .meta({ description: 'Why it would get no request; absent where it matches.' }),
    detail: z.string().optional(),
  })
  .meta({ id: 'Match' })

export const matchRoutes = [
  rawRoute(
    {
      method: 'post',
      path: '/v1/webhooks/match',
      operationId: 'matchWebhooks',
      summary: 'Which webhooks would get this event, and why the others would not',
      tag: 'Webhooks',
      role: 'viewer',
      body: z.strictObject({ event: eventInputSchema }).meta({ id: 'MatchInput' }),
      example: { event: EVENT_EXAMPLE },
      rules: ({ deps }) => ({ limitBytes: deps.config.INGEST_MAX_BYTES }),
      responses: {
        200: {
          description: 'Every webhook of the tenant, oldest first; nothing is sent',
          schema: z.object({
            data: z.array(matchSchema),
            warnings: z
              .array(z.object({ code: z.string(), detail: z.string() }))
              .optional()
              .meta({ description: 'Where the type of the event is not known.' }),
          }),
        },
      },
    },
    async (call, body) => {
      const { deps, caller, receivedAtMs } = call
      const event = wrappedEventOf(body, { tenant: caller.tenant, receivedAtMs })
      const webhooks = await deps.models.webhooks
        .find({ tenant: caller.tenant, deletedAt: { $exists: false } })
        .sort({ _id: 1 })
        .lean<WebhookDocument[]>()
        .exec()
      const data: z.input<typeof matchSchema>[] = []
      for (const webhook of webhooks) {
        const verdict = await judge(webhook, event, 'question')
        data.push({ webhook: webhook._id, name: webhook.name, ...verdict })
      }
      const warnings = await unknownTypeWarnings(call, [event.type])
      return { status: 200, body: { data, ...(warnings.length > 0 && { warnings }) } }
    },
  ),
]

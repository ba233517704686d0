import { objectOf, text } from './schema-parts.ts'
import type { CatalogueType } from './types.ts'

const SCHEMA = objectOf({
  webhook: { ...text, description: 'Id of the webhook.' },
  name: text,
  host: { ...text, description: 'Host of its target.' },
  code: { ...text, description: 'failing, gone, slack_gone or delivered.' },
  reason: text,
  since: { ...text, format: 'date-time', description: 'First failure after the last success.' },
  attempts: { type: 'integer', minimum: 0, description: 'Failed attempts since then.' },
})

const WEBHOOK = {
  webhook: 'wh_019a2b3c4d5e0123456789abcdef01234567',
  name: 'Risk to CRM',
  host: 'crm.example.com',
  since: '2026-01-05T09:30:00.000Z',
}

/** What herald tells operators about webhooks (docs/operator-events.md). */
export const OPERATOR_TYPES: CatalogueType[] = [
  {
    name: 'herald.webhook.failing',
    description: 'A webhook has only failed for half of the time after which herald disables it.',
    status: 'available',
    schema: SCHEMA,
    example: {
      ...WEBHOOK,
      code: 'failing',
      reason: '14 attempts in a row have failed since 2026-01-05T09:30:00.000Z.',
      attempts: 14,
    },
  },
  {
    name: 'herald.webhook.disabled',
    description: 'herald disabled a webhook: it only failed, or its receiver wants no more.',
    status: 'available',
    schema: SCHEMA,
    example: {
      ...WEBHOOK,
      code: 'failing',
      reason: '28 attempts in a row have failed since 2026-01-05T09:30:00.000Z.',
      attempts: 28,
    },
  },
  {
    name: 'herald.webhook.recovered',
    description: 'A webhook that was failing or disabled has answered with success.',
    status: 'available',
    schema: SCHEMA,
    example: {
      ...WEBHOOK,
      code: 'delivered',
      reason: 'It answered with success.',
      attempts: 14,
    },
  },
]

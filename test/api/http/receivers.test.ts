import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { buildOpenApi } from '../../../scripts/openapi-document.ts'
import { type EventEnvelope, FORMATS, type Target } from '../../../src/delivery/types.ts'
import { deliveryBody } from '../../../src/outbound/request/delivery-body.ts'
import { deliveryRequest } from '../../../src/outbound/request/delivery-request.ts'
import { newSecret } from '../../../src/outbound/request/signature.ts'

type Sent = {
  parameters?: { name: string; required: boolean }[]
  requestBody: { content: Record<string, unknown> }
}
const document = buildOpenApi({ version: '0.0.0-test' }) as unknown as {
  webhooks: Record<string, { post: Sent }>
}
const ajv = new Ajv2020({ strict: false })
formats.default(ajv)
ajv.addSchema(document, 'openapi')

const event: EventEnvelope = {
  tenant: 'default',
  id: 'evt-1',
  type: 'order.paid',
  subject: 'customer-42',
  reference: 'case-7',
  receivedAt: '2026-01-05T09:00:00.000Z',
  data: '{"total":1990}',
  hash: '',
}
const bare: EventEnvelope = {
  tenant: 'default',
  id: 'evt-2',
  type: 'process_run_end',
  receivedAt: '2026-01-05T09:00:00.000Z',
  data: '{"result":"ok"}',
  hash: '',
}
const http: Target = { type: 'http', url: 'https://example.com/hook', timeout: '15s' }
const slack: Target = { type: 'slack', url: 'https://hooks.slack.com/x', timeout: '15s' }
const receivers = [
  ...FORMATS.map((format) => ({ name: format as string, format, target: http })),
  { name: 'slack', format: 'standard' as const, target: slack },
]

describe('the webhooks of the OpenAPI document', () => {
  it('are one for each format, and Slack', () => {
    expect(Object.keys(document.webhooks)).toEqual(receivers.map(({ name }) => name))
  })

  it.each(receivers)('describe body and headers of $name as they are sent', (receiver) => {
    const { name, format, target } = receiver
    const { parameters = [], requestBody } = document.webhooks[name]!.post
    for (const one of [event, bare]) {
      const body = deliveryBody(one, { format, target }, {})
      const signature = { scheme: 'standard-webhooks' } as const
      const { headers } = deliveryRequest(
        { _id: 'dlv-1', event: one.id, type: one.type, ...body, formatHeaders: body.headers },
        {
          target,
          signature,
          secrets: [{ value: newSecret(signature), createdAt: new Date() }],
        },
        { number: 1, nowMs: Date.now(), userAgent: 'herald/test' },
      )
      expect(Object.keys(requestBody.content)).toEqual([body.contentType])
      const media = encodeURIComponent(body.contentType.replaceAll('/', '~1'))
      const $ref = `openapi#/webhooks/${name}/post/requestBody/content/${media}/schema`
      const validate = ajv.compile({ $ref })
      validate(JSON.parse(body.body))
      expect(validate.errors).toBeNull()
      const sent = Object.keys(headers)
      const needed = parameters.filter(({ required }) => required).map((header) => header.name)
      expect(sent).toEqual(expect.arrayContaining(needed))
      const usual = ['content-type', 'user-agent']
      const described = [...usual, ...parameters.map((header) => header.name)]
      expect(described).toEqual(expect.arrayContaining(sent))
    }
  })
})

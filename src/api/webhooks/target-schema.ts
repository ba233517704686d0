import { z } from 'zod'
import type { Target } from '../../delivery/types.ts'
import { checkHeaderName, checkHeaderValue } from '../../outbound/request/request-headers.ts'
import { checkTemplate } from '../../outbound/slack/template.ts'
import { SLACK_LIMITS } from '../../outbound/slack/text.ts'
import { durationSchema } from '../input/duration.ts'

export const headerName = z.string().superRefine((name, context) => {
  const fault = checkHeaderName(name)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
})
const headerValue = z.string().superRefine((value, context) => {
  const fault = checkHeaderValue(value)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
})

/** A record leaves `__proto__` out without a word; here it is refused as any other name that cannot be stored. */
function namedProto(headers: unknown, context: z.RefinementCtx): unknown {
  if (typeof headers !== 'object' || headers === null || !Object.hasOwn(headers, '__proto__'))
    return headers
  const message = checkHeaderName('__proto__') ?? 'is not a header name'
  context.addIssue({ code: 'custom', message, path: ['__proto__'] })
  return z.NEVER
}
const timeout = durationSchema('1s', '30s')

const template = z
  .string()
  .max(SLACK_LIMITS.section)
  .superRefine((text, context) => {
    const fault = checkTemplate(text)
    if (fault !== undefined)
      context.addIssue({ code: 'custom', message: fault, params: { code: 'template_invalid' } })
  })
  .meta({
    description:
      'Slack mrkdwn with {{type}}, {{subject}}, {{reference}}, {{id}} and {{data.path.to.value}}, whose values are escaped.',
  })

const apiKey = { header: headerName, value: headerValue.min(1) }
const http = {
  type: z.literal('http'),
  url: z.string(),
  headers: z
    .preprocess(namedProto, z.record(headerName, headerValue))
    .refine((headers) => Object.keys(headers).length <= 20, 'at most 20 headers')
    .optional(),
  apiKey: z.object(apiKey).optional(),
  timeout,
}
const slack = {
  type: z.literal('slack'),
  url: z.string(),
  template: template.optional(),
  timeout,
}

/** Where a webhook sends, as it is stored. */
export const targetSchema = z
  .discriminatedUnion('type', [
    z.object(http).meta({ id: 'HttpTarget' }),
    z.object(slack).meta({ id: 'SlackTarget' }),
  ])
  .meta({ id: 'Target' }) satisfies z.ZodType<Target>

const withDefault = { timeout: timeout.default('15s') }

/** The same as it is given: what has a default may be left out. */
export const targetInputSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        ...http,
        ...withDefault,
        apiKey: z.strictObject({ ...apiKey, header: headerName.default('X-API-Key') }).optional(),
      })
      .meta({ id: 'HttpTargetInput' }),
    z.strictObject({ ...slack, ...withDefault }).meta({ id: 'SlackTargetInput' }),
  ])
  .meta({ id: 'TargetInput' }) satisfies z.ZodType<Target>

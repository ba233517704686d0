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
const timeout = durationSchema('1s', '30s').default('15s')

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

export const targetSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('http'),
      url: z.string(),
      headers: z
        .preprocess(namedProto, z.record(headerName, headerValue))
        .refine((headers) => Object.keys(headers).length <= 20, 'at most 20 headers')
        .optional(),
      apiKey: z
        .strictObject({ header: headerName.default('X-API-Key'), value: headerValue.min(1) })
        .optional(),
      timeout,
    }),
    z.strictObject({
      type: z.literal('slack'),
      url: z.string(),
      template: template.optional(),
      timeout,
    }),
  ])
  .meta({ id: 'Target' }) satisfies z.ZodType<Target>

import { z } from 'zod'
import { LIMIT_MAX } from '../../delivery/slot-rule.ts'
import { DEFAULT_AUTO_DISABLE } from '../../delivery/health.ts'
import { type AutoDisable, FORMATS, type Schedule, type Signature } from '../../delivery/types.ts'
import { compileFilter, FILTER_MAX } from '../../filter/compile.ts'
import { durationSchema } from '../input/duration.ts'
import { headerName, targetInputSchema, targetSchema } from './target-schema.ts'
import { owedSchema } from './lane-view.ts'
import { PRESET_NAMES } from './presets.ts'

const wait = durationSchema('100ms', '7d')
const retries = z.number().int().min(0).max(20)
const jitter = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .meta({ description: 'Lengthens each wait by up to this share.' })

export const retrySchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({ type: z.literal('fixed'), interval: wait, retries })
      .meta({ id: 'FixedRetry' }),
    z
      .strictObject({
        type: z.literal('exponential'),
        initial: wait,
        factor: z.number().min(1).max(10),
        max: wait.optional(),
        retries,
        jitter,
      })
      .meta({ id: 'ExponentialRetry' }),
    z
      .strictObject({ type: z.literal('list'), delays: z.array(wait).min(1).max(20), jitter })
      .meta({ id: 'ListRetry' }),
    z
      .strictObject({
        type: z.literal('within'),
        attempts: z.number().int().min(2).max(20),
        within: wait,
      })
      .meta({ id: 'WithinRetry' }),
  ])
  .meta({ id: 'Retry' }) satisfies z.ZodType<Schedule>

const scheme = <Name extends string>(name: Name) => ({ scheme: z.literal(name) })
const encoding = z.enum(['hex', 'base64'])
const hmac = {
  ...scheme('hmac-sha256'),
  header: headerName,
  encoding,
  prefix: z
    .string()
    .regex(/^[!-~]{1,32}$/, 'must be 1–32 printable characters')
    .optional(),
}
const standardWebhooks = z
  .strictObject({
    ...scheme('standard-webhooks'),
    asymmetric: z
      .boolean()
      .optional()
      .meta({ description: 'Ed25519 (v1a): receivers verify with a public key, whpk_….' }),
  })
  .meta({ id: 'StandardWebhooksSignature' })
const timestamped = z
  .strictObject({ ...scheme('timestamped'), header: headerName })
  .meta({ id: 'TimestampedSignature' })
const unsigned = z.strictObject(scheme('none')).meta({ id: 'NoSignature' })

/** How a webhook signs, as it is stored. */
const signatureSchema = z
  .discriminatedUnion('scheme', [
    standardWebhooks,
    z.object(hmac).meta({ id: 'HmacSignature' }),
    timestamped,
    unsigned,
  ])
  .meta({ id: 'Signature' }) satisfies z.ZodType<Signature>

/** The same as it is given: what has a default may be left out. */
export const signatureInputSchema = z
  .discriminatedUnion('scheme', [
    standardWebhooks,
    z
      .strictObject({ ...hmac, encoding: encoding.default('hex') })
      .meta({ id: 'HmacSignatureInput' }),
    timestamped,
    unsigned,
  ])
  .meta({ id: 'SignatureInput' }) satisfies z.ZodType<Signature>

const pattern = z
  .string()
  .regex(/^[A-Za-z0-9_.:/*-]{1,128}$/, 'must be an event type, or a pattern with *')

/** A filter in CEL. */
export const filterSchema = z
  .string()
  .min(1)
  .max(FILTER_MAX)
  .superRefine((text, context) => {
    const compiled = compileFilter(text)
    if (!compiled.ok)
      context.addIssue({
        code: 'custom',
        message: compiled.detail,
        params: { code: 'filter_invalid' },
      })
  })
  .meta({
    description:
      'CEL over id, type, subject, reference, context, data; only events where it is true.',
  })

const after = durationSchema('1s', '90d')
const failures = z.number().int().min(1).max(10_000)
const description =
  'Disabled after so long and so many attempts of only failures. null: never, also in a merge patch.'
const autoDisableSchema = z
  .object({ after, attempts: failures })
  .nullable()
  .meta({ id: 'AutoDisable', description }) satisfies z.ZodType<AutoDisable | null>
const autoDisableInput = z
  .strictObject({
    after: after.default(DEFAULT_AUTO_DISABLE.after),
    attempts: failures.default(DEFAULT_AUTO_DISABLE.attempts),
  })
  .nullable()
  .meta({ id: 'AutoDisableInput', description }) satisfies z.ZodType<AutoDisable | null>

/** Which event types a webhook wants. */
export const patternsSchema = z
  .array(pattern)
  .min(1)
  .max(100)
  .meta({ description: 'Names or globs; * is all.' })

/** What can be set on a webhook whatever the way. */
const settings = {
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2_000).optional(),
  events: patternsSchema,
  filter: filterSchema.optional(),
  target: targetInputSchema,
  format: z.enum(FORMATS),
  signature: signatureInputSchema,
  success: z.enum(['2xx', '200']),
  retry: retrySchema,
  rateLimit: z
    .strictObject({
      limit: z.number().int().min(1).max(LIMIT_MAX),
      per: durationSchema('1s', '24h'),
    })
    .nullable()
    .meta({ id: 'RateLimit' }),
  concurrency: z.number().int().min(1).max(256),
  autoDisable: autoDisableInput,
}
const secret = z.string().max(512).optional().meta({ description: 'Your own; made if absent.' })
const state = z.enum(['active', 'paused']).optional()
const optional = {
  format: settings.format.optional(),
  signature: settings.signature.optional(),
  success: settings.success.optional(),
  retry: settings.retry.optional(),
  rateLimit: settings.rateLimit.optional(),
  concurrency: settings.concurrency.optional(),
  autoDisable: settings.autoDisable.optional(),
}

/** A webhook as it is when a merge patch has been applied. */
export const webhookChangeSchema = z.strictObject({ ...settings, ...optional, secret, state })

/** What creates a webhook; the preset sets what is absent. */
export const webhookInputSchema = z
  .strictObject({
    ...settings,
    ...optional,
    secret,
    state,
    preset: z.enum(PRESET_NAMES).default('standard'),
  })
  .meta({ id: 'WebhookInput' })

/** RFC 7396 over the fields of WebhookInput but `preset`. */
export const webhookPatchSchema = z.record(z.string(), z.unknown()).meta({
  id: 'WebhookPatch',
  description:
    'A JSON merge patch (RFC 7396): fields of WebhookInput; null brings the default back, and means none where it is a value (rateLimit, autoDisable). A target, retry or signature of another type replaces the whole object. A masked secret leaves the stored one; where the origin of the URL changes, header values and API key must be given again. Names of headers have no case.',
})

const note = z.object({ code: z.string(), detail: z.string() })

export const webhookSchema = z
  .object({
    id: z.string(),
    tenant: z.string(),
    ...settings,
    target: targetSchema,
    signature: signatureSchema,
    autoDisable: autoDisableSchema,
    state: z.enum(['active', 'paused', 'disabled']),
    stateReason: note.extend({ at: z.iso.datetime() }).optional(),
    filterError: z
      .object({ detail: z.string(), at: z.iso.datetime(), event: z.string() })
      .optional()
      .meta({ description: 'The last event for which the filter failed; it was skipped.' }),
    failing: z
      .object({ since: z.iso.datetime(), attempts: z.number().int() })
      .optional()
      .meta({ description: 'Only failures since then; absent while all is well.' }),
    fault: note
      .extend({ code: z.literal('secrets_unreadable') })
      .optional()
      .meta({ description: 'Why nothing can be sent; what it is owed waits.' }),
    version: z.number().int().meta({ description: 'The ETag, without its quotes.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    warnings: z.array(note).meta({ description: 'What may go wrong, found at this change.' }),
    secret: z.string().optional().meta({ description: 'Only where it was made or set just now.' }),
    owed: owedSchema.optional().meta({ description: 'Only where one webhook is read.' }),
  })
  .meta({ id: 'Webhook', description: 'Stored secrets are masked as “…last4”.' })

import { z } from 'zod'
import type { Secret } from '../../models/webhooks/document.ts'
import { publicKeyOf } from '../../outbound/request/ed25519.ts'
import { recordChange } from '../access/audit.ts'
import { ApiError } from '../http/errors.ts'
import { route } from '../http/route.ts'
import { findUsableWebhook, storeChange } from './changes.ts'
import { durationSchema } from '../input/duration.ts'
import { DEFAULT_OVERLAP, rotated, secretFor } from './secrets.ts'

const publicKeySchema = z
  .string()
  .meta({ description: 'What receivers verify with, whpk_…, where the signature is asymmetric.' })

export const secretsSchema = z
  .object({
    secret: z.string().nullable().meta({ description: 'The one to verify with from now on.' }),
    secrets: z.array(
      z.object({
        value: z.string(),
        publicKey: publicKeySchema.optional(),
        createdAt: z.iso.datetime(),
        expiresAt: z.iso.datetime().optional(),
      }),
    ),
  })
  .meta({ id: 'Secrets', description: 'All that sign now, newest first.' })

function secretsView(secrets: readonly Secret[], nowMs: number): z.input<typeof secretsSchema> {
  const alive = secrets.filter(({ expiresAt }) => !expiresAt || expiresAt.getTime() > nowMs)
  return {
    secret: alive[0]?.value ?? null,
    secrets: alive.map(({ value, createdAt, expiresAt }) => ({
      value,
      ...withPublicKey(value),
      createdAt: createdAt.toISOString(),
      ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    })),
  }
}

/** Only a private key has a public one; it is what the receiver is given. */
function withPublicKey(secret: string): { publicKey?: string } {
  const publicKey = publicKeyOf(secret)
  return publicKey === undefined ? {} : { publicKey }
}

export const secretRoutes = [
  route({
    method: 'get',
    path: '/v1/webhooks/{id}/secret',
    operationId: 'getWebhookSecrets',
    summary: 'Reveal the signing secrets (audited)',
    tag: 'Webhooks',
    role: 'admin',
    problems: [409],
    responses: { 200: { description: 'The secrets', schema: secretsSchema } },
    handle: async (call) => {
      const { _id, secrets } = await findUsableWebhook(call)
      await recordChange(call, { action: 'webhook.secret_revealed', resource: _id })
      return { status: 200, body: secretsView(secrets, call.deps.now()) }
    },
  }),
  route({
    method: 'post',
    path: '/v1/webhooks/{id}/secret/rotate',
    operationId: 'rotateWebhookSecret',
    summary: 'Sign with a new secret; the old ones too until the overlap is over',
    tag: 'Webhooks',
    role: 'admin',
    problems: [409, 412],
    body: z
      .strictObject({
        secret: z.string().max(512).optional(),
        overlap: durationSchema('0s', '30d').default(DEFAULT_OVERLAP),
      })
      .meta({ id: 'SecretRotation' }),
    example: { overlap: '24h' },
    responses: { 200: { description: 'The secrets', schema: secretsSchema } },
    handle: async (call) => {
      const stored = await findUsableWebhook(call)
      const value =
        stored.signature.scheme === 'none'
          ? undefined
          : secretFor(stored.signature, call.body.secret)
      if (value === undefined)
        throw new ApiError('signature_none', 'Choose a signature scheme for the webhook first.')
      const nowMs = call.deps.now()
      const secrets = rotated(stored.secrets, value, { nowMs, overlap: call.body.overlap })
      const changed = { version: stored.version + 1, updatedAt: new Date(nowMs) }
      await storeChange(call, { ...stored, ...changed, secrets })
      await recordChange(call, { action: 'webhook.secret_rotated', resource: stored._id })
      return { status: 200, body: secretsView(secrets, nowMs) }
    },
  }),
]

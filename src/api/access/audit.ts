import { z } from 'zod'
import { newId } from '../../ids.ts'
import { type AuditEntryDocument, HERALD_KEY } from '../../models/access/audit-entry.ts'
import { listPage, pageOf, pageQuery } from '../lists/pages.ts'
import { route, type Call } from '../http/route.ts'
import { timeRange, timeRangeQuery } from '../input/time-range.ts'

type Change = { action: string; resource: string; before?: unknown; after?: unknown }

/** Writes who changed what; `before` and `after` are views, which hold no secret. */
export async function recordChange(
  call: Pick<Call<unknown, unknown>, 'deps' | 'caller' | 'requestId'>,
  change: Change,
): Promise<void> {
  const { deps, caller, requestId } = call
  const at = new Date(deps.now())
  await deps.models.audit.create({
    _id: newId('aud', at.getTime()),
    tenant: caller.tenant,
    at,
    key: caller.keyId,
    requestId,
    ...change,
  })
}

export const auditEntrySchema = z
  .object({
    id: z.string(),
    tenant: z.string(),
    at: z.iso.datetime(),
    key: z.string().meta({ description: 'The API key that did it; `herald` is herald itself.' }),
    action: z.string(),
    resource: z.string(),
    requestId: z.string().optional(),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
  })
  .meta({ id: 'AuditEntry' })

function auditView({
  _id,
  at,
  key,
  ...rest
}: AuditEntryDocument): z.input<typeof auditEntrySchema> {
  return { id: _id, at: at.toISOString(), key: key === HERALD_KEY ? key : `hk_${key}`, ...rest }
}

export const auditRoutes = [
  route({
    method: 'get',
    path: '/v1/audit',
    operationId: 'listAuditEntries',
    summary: 'Who changed what, newest first',
    tag: 'Audit',
    role: 'admin',
    query: z.strictObject({
      ...pageQuery,
      ...timeRangeQuery,
      action: z.string().min(1).max(100).optional(),
      resource: z.string().min(1).max(200).optional(),
      key: z
        .string()
        .regex(/^(hk_[A-Za-z0-9]{12}|herald)$/)
        .optional(),
    }),
    responses: { 200: { description: 'A page', schema: pageOf(auditEntrySchema) } },
    handle: (call) => {
      const { action, resource, key } = call.query
      const at = timeRange(call.query)
      return listPage(call, {
        model: call.deps.models.audit,
        timeField: 'at',
        view: auditView,
        filter: {
          ...(action && { action }),
          ...(resource && { resource }),
          ...(key && { key: key.replace(/^hk_/, '') }),
          ...(at && { at }),
        },
      })
    },
  }),
]

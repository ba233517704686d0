import { sha256 } from '../../ids.ts'
import type { Models } from '../../models/connect.ts'
import type { ProblemMarkDocument } from '../../models/problem-mark.ts'

/** Failures of one webhook with one code. */
export type ProblemGroup = {
  id: string
  webhook: string
  code: string
  /** Deliveries that failed for good, and those that are tried again. */
  failed: number
  retrying: number
  firstAt: Date
  lastAt: Date
  /** The newest delivery among them. */
  example: string
}

/** Of one state. */
type Found = Pick<ProblemGroup, 'firstAt' | 'lastAt' | 'example'> & {
  _id: { webhook: string; code: string; state: 'failed' | 'retrying' }
  count: number
}

/** Failing deliveries that are looked at, the latest; more would tell nothing else. */
const LOOKED_AT_MAX = 50_000
const SHOWN_MAX = 100
/** A delivery that was created up to this long before the window may fail within it. */
const LOOK_BACK_MS = 7 * 86_400_000

/** One problem is one code of one webhook, whenever it comes back. */
function problemId(tenant: string, webhook: string, code: string): string {
  return `prb_${sha256(`${tenant}/${webhook}/${code}`).slice(0, 24)}`
}

type Scope = { tenant: string; since: Date; only?: { webhook?: string; code?: string } }

/**
 * Deliveries whose last attempt failed since then, grouped, the last failure first. Of a problem that somebody resolved
 * only what failed after that counts.
 */
export async function findGroups(
  models: Models,
  { tenant, since, marks, only }: Scope & { marks: readonly ProblemMarkDocument[] },
): Promise<ProblemGroup[]> {
  const groups = await grouped(models, { tenant, since, after: since, ...(only && { only }) })
  const resolvedAt = new Map(
    marks.filter(({ state }) => state === 'resolved').map((mark) => [mark._id, mark.at]),
  )
  const found: ProblemGroup[] = []
  for (const group of groups) {
    const after = resolvedAt.get(group.id)
    if (after && group.lastAt <= after) continue
    if (found.length === SHOWN_MAX) break
    const { webhook, code } = group
    const again =
      after && (await grouped(models, { tenant, since, after, only: { webhook, code } }))
    found.push(again?.[0] ?? group)
  }
  return found
}

async function grouped(models: Models, scope: Scope & { after: Date }): Promise<ProblemGroup[]> {
  const { tenant, since, after, only } = scope
  const createdAt = { $gt: new Date(since.getTime() - LOOK_BACK_MS) }
  const whose = only?.webhook === undefined ? { tenant } : { webhook: only.webhook }
  const failing = (['failed', 'retrying'] as const).map((state) => ({ ...whose, state, createdAt }))
  const found = await models.deliveries
    .aggregate<Found>([
      {
        $match: {
          $or: failing,
          tenant,
          'lastAttempt.at': { $gt: after },
          'lastAttempt.code': only?.code ?? { $exists: true },
        },
      },
      { $sort: { createdAt: -1 } },
      { $limit: LOOKED_AT_MAX },
      { $project: { webhook: 1, state: 1, createdAt: 1, lastAttempt: 1 } },
      {
        $group: {
          _id: { webhook: '$webhook', code: '$lastAttempt.code', state: '$state' },
          count: { $sum: 1 },
          firstAt: { $min: '$createdAt' },
          lastAt: { $max: '$lastAttempt.at' },
          example: { $first: '$_id' },
        },
      },
    ])
    .exec()
  const groups = new Map<string, ProblemGroup>()
  for (const one of found) {
    const id = problemId(tenant, one._id.webhook, one._id.code)
    groups.set(id, joined(groups.get(id), one, id))
  }
  return [...groups.values()].toSorted((a, b) => b.lastAt.getTime() - a.lastAt.getTime())
}

function joined(group: ProblemGroup | undefined, one: Found, id: string): ProblemGroup {
  const { webhook, code, state } = one._id
  const { firstAt, lastAt, example } = one
  const before = group ?? { id, webhook, code, failed: 0, retrying: 0, firstAt, lastAt, example }
  return {
    ...before,
    [state]: one.count,
    firstAt: firstAt < before.firstAt ? firstAt : before.firstAt,
    ...(lastAt > before.lastAt && { lastAt, example }),
  }
}

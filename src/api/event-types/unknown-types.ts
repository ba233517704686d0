import { listedPatterns } from '../../models/webhooks/listed-patterns.ts'
import { nearestName } from '../input/nearest-name.ts'
import type { Call } from '../http/route.ts'
import { allEventTypes } from './types.ts'

type Context = Pick<Call<unknown, unknown>, 'deps' | 'caller' | 'validation'>
type Warning = { code: string; detail: string }

/** The latest events whose types count as recent. */
const RECENT_EVENTS = 5_000
const RECENT_TYPES = 500
/** A hint takes some milliseconds where there are thousands of names. */
const HINTS_MAX = 5

/** A warning for each of these types that is neither in the caller's catalogue nor on any stored event. */
export async function unknownTypeWarnings(
  context: Context,
  types: readonly string[],
): Promise<Warning[]> {
  const named = types.filter((type) => !type.includes('*'))
  if (named.length === 0) return []
  const catalogue = (await allEventTypes(context)).map(({ name }) => name)
  const others = named.filter((type) => !catalogue.includes(type))
  const seen = await Promise.all(others.map((type) => isSeen(context, type)))
  const unknown = others.filter((_type, index) => !seen[index])
  if (unknown.length === 0) return []
  const known = [...catalogue, ...(await listedTypes(context)), ...(await recentTypes(context))]
  return unknown.map((type, index) => {
    const near = index < HINTS_MAX ? known.filter((name) => name !== type) : []
    const meant = nearestName(type, near)
    const hint = meant === undefined ? '' : `; did you mean “${meant}”?`
    const detail = `“${type}” is not in the catalogue and was never seen${hint}`
    return { code: 'event_type_unknown', detail }
  })
}

async function isSeen({ deps, caller }: Context, type: string): Promise<boolean> {
  return (await deps.models.events.exists({ tenant: caller.tenant, type })) !== null
}

/** The types that webhooks of the tenant name, without patterns. */
async function listedTypes({ deps, caller }: Context): Promise<string[]> {
  const patterns = await listedPatterns(deps.models.webhooks, caller.tenant)
  return patterns.filter((pattern) => !pattern.includes('*'))
}

async function recentTypes({ deps, caller }: Context): Promise<string[]> {
  const groups = await deps.models.events
    .aggregate<{ _id: string }>([
      { $match: { tenant: caller.tenant } },
      { $sort: { receivedAt: -1 } },
      { $limit: RECENT_EVENTS },
      { $project: { _id: 0, type: 1 } },
      { $group: { _id: '$type' } },
      { $limit: RECENT_TYPES },
    ])
    .exec()
  return groups.map(({ _id }) => _id)
}

import type { Model } from 'mongoose'
import { type Conditions, type Lead, ledBy, timedLead, type TimeWindow } from '../../models/lead.ts'
import type { TimeRange } from '../../models/time-range.ts'
import type { Cursor } from './cursor.ts'
import { timeWindows } from './windows.ts'

/** After a look that took so long, the next window may take eight times that: the rest is looked through by the lead. */
const LONG_LOOK_MS = 15

export type PageSource<Document> = {
  model: Model<Document>
  /** Without the tenant, which is always added unless the rows of all tenants are meant. */
  filter: Conditions
  allTenants?: boolean
  /** Newest first by this field, then by _id. */
  timeField: keyof Document & string
  /** Fields that the rows do not need, such as large bodies. */
  omit?: (keyof Document & string)[]
  /** For lists that may be long: what an index answers of the filter. */
  lead?: Lead
}

type Wanted = { tenant: string; limit: number; cursor: Cursor | undefined; nowMs: number }

/**
 * The rows of a page, and one more where there are, in the direction of the cursor. A long list is looked through in one
 * window of time after another until there are enough, and then in all that lies beyond.
 */
export async function findRows<Document>(
  source: PageSource<Document>,
  { tenant, limit, cursor, nowMs }: Wanted,
): Promise<Document[]> {
  const { timeField } = source
  const { [timeField]: bounds, ...others } = source.filter
  const range = bounds as TimeRange | undefined
  const filter = source.allTenants ? others : { ...others, tenant }
  const lead = source.lead ?? ({ kind: 'timed', where: filter } as const)
  const behind = cursor ? [filter, tie(timeField, cursor)] : [filter]
  const direction = cursor?.direction === 'prev' ? 'forward' : 'back'
  const rows: Document[] = []
  const look = async (by: Lead, window: TimeWindow) => {
    const ends = Object.keys(window).length > 0 ? { [timeField]: window } : {}
    const conditions = ledBy(by, ends, behind)
    const most = limit + 1 - rows.length
    rows.push(...(await findSorted(source, conditions, { direction, most })))
  }
  let rest: TimeWindow = { ...range, ...(cursor && outerBound(cursor)) }
  const start = { direction, startMs: cursor?.at, nowMs, range } as const
  for (const { window, beyond } of isLong(source) ? timeWindows(start) : []) {
    const fromMs = performance.now()
    await look(timedLead(lead, tenant), window)
    if (rows.length > limit || !beyond) return rows
    rest = beyond
    if (performance.now() - fromMs > LONG_LOOK_MS) break
  }
  await look(lead, rest)
  return rows
}

function isLong({ lead }: Pick<PageSource<unknown>, 'lead'>): boolean {
  return lead !== undefined && lead.kind !== 'narrow'
}

function findSorted<Document>(
  { model, timeField, omit = [] }: PageSource<Document>,
  conditions: Conditions,
  { direction, most }: { direction: 'back' | 'forward'; most: number },
): Promise<Document[]> {
  const order = direction === 'back' ? -1 : 1
  return model
    .find(conditions as object, Object.fromEntries(omit.map((field) => [field, 0])))
    .sort({ [timeField]: order, _id: order })
    .limit(most)
    .lean<Document[]>()
    .exec()
}

/** Lets an index serve what lies beyond a cursor. */
function outerBound({ at, direction }: Cursor): TimeWindow {
  return direction === 'next' ? { $lte: new Date(at) } : { $gt: new Date(at - 1) }
}

function tie(timeField: string, { at: atMs, id, direction }: Cursor): Conditions {
  const at = new Date(atMs)
  const strict = direction === 'next' ? '$lt' : '$gt'
  return { $or: [{ [timeField]: { [strict]: at } }, { [timeField]: at, _id: { [strict]: id } }] }
}

import { z } from 'zod'
import type { Model } from 'mongoose'
import type { TimeRange } from '../../models/time-range.ts'
import { type Cursor, decodeCursor, encodeCursor, filterHash } from './cursor.ts'
import { type Answer, type Call, queryOf } from './route.ts'
import { publicUrl } from './links.ts'
import { wholeNumber } from './whole-number.ts'
import { timeWindows } from './windows.ts'

/** The parameters of every list. */
export const pageQuery = {
  limit: wholeNumber(1, 100).default(20),
  cursor: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .meta({ description: 'From `page` of another answer.' }),
}

/** The body of every list. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    data: z.array(row),
    page: z.object({ next: z.string().nullable(), prev: z.string().nullable() }),
  })
}

type PageQuery = { limit: number; cursor?: string | undefined }
type Filter = Record<string, unknown>

export type PageSource<Document, Row> = {
  model: Model<Document>
  /** Without the tenant, which is always added unless the rows of all tenants are meant. */
  filter: Filter
  allTenants?: boolean
  /** Newest first by this field, then by _id. */
  timeField: keyof Document & string
  /** Fields that the rows do not need, such as large bodies. */
  omit?: (keyof Document & string)[]
  view: (document: Document) => Row
  /** Where the time chooses better than the filter does. */
  lookNearFirst?: boolean
}

/** One page of a list, newest first, with opaque cursors and RFC 8288 links. */
export async function listPage<Document extends { _id: string }, Row>(
  call: Call<PageQuery, undefined>,
  source: PageSource<Document, Row>,
): Promise<Answer> {
  const { query, caller, deps } = call
  const start = pageStart(call)
  const { cursor } = start
  const page = { tenant: caller.tenant, limit: query.limit, cursor, nowMs: deps.now() }
  return pageAnswer(call, start, {
    rows: await findRows(source, page),
    view: source.view,
    positionOf: (document) => ({
      at: (document[source.timeField] as Date).getTime(),
      id: document._id,
    }),
  })
}

type PageStart = { path: string; hash: string; cursor: Cursor | undefined }

/** Where the asked page begins. Throws cursor_invalid, cursor_filter_mismatch. */
export function pageStart({ query, caller, request }: Call<PageQuery, undefined>): PageStart {
  const [path = ''] = (request.url ?? '').split('?')
  const hash = filterHash(path, caller.tenant, query)
  const cursor = query.cursor === undefined ? undefined : decodeCursor(query.cursor, hash)
  return { path, hash, cursor }
}

/** The answer of a list from its rows: one more than the limit, if there are, in the cursor's direction. */
export function pageAnswer<Document>(
  call: Call<PageQuery, undefined>,
  { path, hash, cursor }: PageStart,
  found: {
    rows: Document[]
    view: (document: Document) => unknown
    positionOf: (document: Document) => Pick<Cursor, 'at' | 'id'>
  },
): Answer {
  const { limit } = call.query
  const back = cursor?.direction === 'prev'
  const more = found.rows.length > limit
  const page = found.rows.slice(0, limit)
  if (back) page.reverse()
  const edge = (document: Document | undefined, direction: Cursor['direction']) =>
    document === undefined
      ? null
      : encodeCursor({ ...found.positionOf(document), direction, filter: hash })
  const links = {
    next: back || more ? edge(page.at(-1), 'next') : null,
    prev: (back ? more : cursor !== undefined) ? edge(page[0], 'prev') : null,
  }
  const headers = linkHeader(call, path, links)
  return { status: 200, body: { data: page.map(found.view), page: links }, headers }
}

type Wanted = { tenant: string; limit: number; cursor: Cursor | undefined; nowMs: number }

/** Looks into one window of time after another until there are enough, then at all there is. */
async function findRows<Document, Row>(
  source: PageSource<Document, Row>,
  { tenant, limit, cursor, nowMs }: Wanted,
): Promise<Document[]> {
  const { timeField } = source
  const filter = source.allTenants ? source.filter : { ...source.filter, tenant }
  const order = cursor?.direction === 'prev' ? 1 : -1
  const rows: Document[] = []
  const look = {
    direction: order === 1 ? ('forward' as const) : ('back' as const),
    startMs: cursor?.at,
    nowMs,
    range: filter[timeField] as TimeRange | undefined,
  }
  for (const window of source.lookNearFirst ? timeWindows(look) : []) {
    const conditions = { ...filter, [timeField]: window }
    const bounded = cursor ? { $and: [conditions, tie(timeField, cursor)] } : conditions
    rows.push(...(await findSorted(source, bounded, { order, most: limit + 1 - rows.length })))
    if (rows.length > limit) return rows
  }
  const bounded = cursor ? { $and: [filter, beyond(timeField, cursor)] } : filter
  return await findSorted(source, bounded, { order, most: limit + 1 })
}

function findSorted<Document, Row>(
  { model, timeField, omit = [] }: PageSource<Document, Row>,
  conditions: Filter,
  { order, most }: { order: 1 | -1; most: number },
): Promise<Document[]> {
  return model
    .find(conditions as object, Object.fromEntries(omit.map((field) => [field, 0])))
    .sort({ [timeField]: order, _id: order })
    .limit(most)
    .lean<Document[]>()
    .exec()
}

/** Rows beyond the cursor; the outer bound on the time lets an index serve it. */
function beyond(timeField: string, cursor: Cursor): Filter {
  const inclusive = cursor.direction === 'next' ? '$lte' : '$gte'
  return { [timeField]: { [inclusive]: new Date(cursor.at) }, ...tie(timeField, cursor) }
}

function tie(timeField: string, { at: atMs, id, direction }: Cursor): Filter {
  const at = new Date(atMs)
  const strict = direction === 'next' ? '$lt' : '$gt'
  return { $or: [{ [timeField]: { [strict]: at } }, { [timeField]: at, _id: { [strict]: id } }] }
}

function linkHeader(
  call: Call<PageQuery, undefined>,
  path: string,
  links: { next: string | null; prev: string | null },
): Record<string, string> {
  const filters = Object.entries(queryOf(call.request) as Record<string, string>)
  const parts = Object.entries(links).flatMap(([rel, cursor]) => {
    if (cursor === null) return []
    const query = new URLSearchParams(filters.filter(([name]) => name !== 'cursor'))
    query.set('cursor', cursor)
    return [`<${publicUrl(call.deps.config, `${path}?${query.toString()}`)}>; rel="${rel}"`]
  })
  return parts.length > 0 ? { link: parts.join(', ') } : {}
}

import { z } from 'zod'
import { type Cursor, decodeCursor, encodeCursor, filterHash } from './cursor.ts'
import { type Answer, type Call, queryOf } from '../http/route.ts'
import { publicUrl } from '../http/links.ts'
import { findRows, type PageSource } from './page-rows.ts'
import { wholeNumber } from '../input/whole-number.ts'

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

const cursors = z.object({ next: z.string().nullable(), prev: z.string().nullable() }).meta({
  id: 'PageCursors',
  description: 'For `cursor` of the next request; null where there is no more.',
})

/** The body of every list, named after its rows: `WebhookPage`. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  const page = z.object({ data: z.array(row), page: cursors })
  const name = row.meta()?.id
  return name === undefined ? page : page.meta({ id: `${name}Page` })
}

type PageQuery = { limit: number; cursor?: string | undefined }
/** Where the rows come from, and how those of a page are shown. */
type ShownSource<Document> = PageSource<Document> &
  (
    | { view: (document: Document) => unknown }
    | { views: (documents: Document[]) => Promise<(document: Document) => unknown> }
  )

/** One page of a list, newest first, with opaque cursors and RFC 8288 links. */
export async function listPage<Document extends { _id: string }>(
  call: Call<PageQuery, undefined>,
  source: ShownSource<Document>,
): Promise<Answer> {
  const { query, caller, deps } = call
  const start = pageStart(call)
  const { cursor } = start
  const page = { tenant: caller.tenant, limit: query.limit, cursor, nowMs: deps.now() }
  const rows = await findRows(source, page)
  return pageAnswer(call, start, {
    rows,
    view: 'view' in source ? source.view : await source.views(rows),
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

type Position = Pick<Cursor, 'at' | 'id'>

/**
 * The answer of a list from its rows: one more than the limit, if there are, in the cursor's direction; or fewer, where only
 * what lies before `until` was looked through.
 */
export function pageAnswer<Document>(
  call: Call<PageQuery, undefined>,
  { path, hash, cursor }: PageStart,
  found: {
    rows: Document[]
    view: (document: Document) => unknown
    positionOf: (document: Document) => Position
    until?: Position | undefined
  },
): Answer {
  const { limit } = call.query
  const back = cursor?.direction === 'prev'
  const { until } = found
  const more = until !== undefined || found.rows.length > limit
  const page = found.rows.slice(0, limit)
  if (back) page.reverse()
  const edge = (document: Document | undefined, direction: Cursor['direction']) => {
    const isFar = direction === (back ? 'prev' : 'next')
    const at = isFar && until ? until : document && found.positionOf(document)
    return at === undefined ? null : encodeCursor({ ...at, direction, filter: hash })
  }
  const links = {
    next: back || more ? edge(page.at(-1), 'next') : null,
    prev: (back ? more : cursor !== undefined) ? edge(page[0], 'prev') : null,
  }
  const headers = linkHeader(call, path, links)
  return { status: 200, body: { data: page.map(found.view), page: links }, headers }
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

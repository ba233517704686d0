import {
  type InfiniteData,
  useInfiniteQuery,
  useQuery,
  type UseQueryResult,
} from '@tanstack/react-query'
import { call } from './call.ts'
import type { Page } from './types.ts'

type Query = Record<string, string | number | boolean | undefined>
type Asked = { query?: Query; everyMs?: number; enabled?: boolean }

/** One answer of the API, kept while another one of the same path is on its way, and asked for again as often as is said. */
export function useAnswer<Body>(path: string, asked: Asked = {}): UseQueryResult<Body> {
  const { query = {}, everyMs, enabled = true } = asked
  return useQuery({
    queryKey: [path, query],
    queryFn: ({ signal }) => call<Body>(path, { query, signal }),
    enabled,
    placeholderData: (before, asking) => (asking?.queryKey[0] === path ? before : undefined),
    ...(everyMs !== undefined && { refetchInterval: everyMs }),
  })
}

/** A list of the API, page after page by its cursors. */
export function useList<Row>(path: string, asked: Asked = {}) {
  const { query = {}, everyMs, enabled = true } = asked
  return useInfiniteQuery<Page<Row>, Error, InfiniteData<Page<Row>>, unknown[], string | undefined>(
    {
      queryKey: [path, 'list', query],
      queryFn: ({ pageParam, signal }) =>
        call<Page<Row>>(path, { query: { ...query, cursor: pageParam }, signal }),
      initialPageParam: undefined,
      getNextPageParam: (last) => last.page.next ?? undefined,
      enabled,
      placeholderData: (before, asking) => (asking?.queryKey[0] === path ? before : undefined),
      ...(everyMs !== undefined && { refetchInterval: everyMs }),
    },
  )
}

/** All rows of a list's pages. */
export function rowsOf<Row>(data: InfiniteData<Page<Row>> | undefined): Row[] {
  return data?.pages.flatMap((page) => page.data) ?? []
}

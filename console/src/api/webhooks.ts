import { useQuery } from '@tanstack/react-query'
import { call } from './call.ts'
import type { Page, Webhook } from './types.ts'

const PAGES_MAX = 20
export type Webhooks = {
  data: Webhook[]
  /** There are more than are read. */
  more: boolean
}

/** The tenant's webhooks, newest first; two thousand at most. */
export function useWebhooks(everyMs?: number) {
  return useQuery({
    queryKey: ['/v1/webhooks', 'all'],
    queryFn: ({ signal }) => readAll(signal),
    ...(everyMs !== undefined && { refetchInterval: everyMs }),
  })
}

/** Names of webhooks by id. */
export function useWebhookNames(): ReadonlyMap<string, string> {
  const { data } = useWebhooks()
  return new Map(data?.data.map(({ id, name }) => [id, name]))
}

async function readAll(signal: AbortSignal): Promise<Webhooks> {
  const data: Webhook[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const query = { limit: 100, cursor }
    const answer = await call<Page<Webhook>>('/v1/webhooks', { query, signal })
    data.push(...answer.data)
    if (!answer.page.next) return { data, more: false }
    cursor = answer.page.next
  }
  return { data, more: true }
}

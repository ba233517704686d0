import { useQuery } from '@tanstack/react-query'
import { call } from '../api/call.ts'
import { useEventTypes } from '../api/event-types.ts'
import type { EventSummary, Page, StoredEvent } from '../api/types.ts'
import { useWebhooks } from '../api/webhooks.ts'
import { pageOfId } from '../format/id.ts'
import { PLACES, SETTINGS } from './places.ts'

export type Found = { kind: string; name: string; path: string }

/** What a text may mean, the surest first. */
export function useFound(text: string, isAdmin: boolean): { found: Found[]; isLooking: boolean } {
  const webhooks = useWebhooks()
  const types = useEventTypes()
  const events = useQuery({
    queryKey: ['found', text],
    queryFn: ({ signal }) => eventsOf(text, signal),
    enabled: text.length > 0,
  })
  if (!text) return { found: [], isLooking: false }
  const has = (name: string) => name.toLowerCase().includes(text.toLowerCase())
  const page = pageOfId(text)
  const found = [
    ...(page ? [{ kind: 'id', name: text, path: page }] : []),
    ...(webhooks.data?.data ?? [])
      .filter(({ id, name }) => has(name) || id === text)
      .map(({ id, name }) => ({ kind: 'webhook', name, path: `/settings/webhooks/${id}` })),
    ...(events.data ?? []).map(({ id, type, subject }) => {
      return { kind: 'event', name: `${type} · ${subject ?? id}`, path: `/events/${id}` }
    }),
    ...types
      .filter(({ name }) => has(name))
      .map(({ name }) => ({ kind: 'event type', name, path: `/settings/event-types/${name}` })),
    ...[...PLACES, ...SETTINGS]
      .filter(({ name, role }) => has(name) && (role !== 'admin' || isAdmin))
      .map(({ name, path }) => ({ kind: 'page', name, path })),
  ]
  const paths = new Set<string>()
  const once = found.filter(({ path }) => !paths.has(path) && paths.add(path))
  return { found: once.slice(0, 12), isLooking: events.isFetching }
}

/** Events of this id or subject. */
async function eventsOf(
  text: string,
  signal: AbortSignal,
): Promise<(EventSummary | StoredEvent)[]> {
  const bySubject = call<Page<EventSummary>>('/v1/events', {
    query: { subject: text.slice(0, 256), limit: 8 },
    signal,
  })
  const byId = /^[A-Za-z0-9_-]{1,128}$/.test(text)
    ? call<StoredEvent>(`/v1/events/${text}`, { signal }).catch(() => undefined)
    : undefined
  const [one, { data }] = await Promise.all([byId, bySubject])
  return one?.status === 'stored' ? [one, ...data] : data
}

import type { EventEnvelope } from '../delivery/types.ts'
import type { Purpose } from './in-threads.ts'
import { judge } from './verdict.ts'

type Subscriber = Pick<Parameters<typeof judge>[0], 'events' | 'filter'>

/**
 * Whether a webhook, as it is now, would have got an event that it has no delivery for. Test events and herald's own
 * (`herald.*`) are missed only by a webhook that lists their type by name.
 */
export async function isMissed(
  { events, filter }: Subscriber,
  event: EventEnvelope,
  purpose: Purpose = 'delivery',
): Promise<boolean> {
  const own = event.test === true || event.type.startsWith('herald.')
  if (own && !events.includes(event.type)) return false
  const subscriber = { events, state: 'active' as const, ...(filter !== undefined && { filter }) }
  return (await judge(subscriber, event, purpose)).matches
}

import { z } from 'zod'
import type { EventDocument } from '../../models/event.ts'
import type { Conditions } from '../../models/lead.ts'
import { oneOf, onlyOne } from '../../models/one-of.ts'
import { deliveryStateSchema } from '../deliveries/view.ts'
import type { ApiDependencies } from '../dependencies.ts'
import type { Answer, Call } from '../http/route.ts'
import { several } from '../input/several.ts'
import { timeRange, timeRangeQuery } from '../input/time-range.ts'
import { listPage, pageQuery } from '../lists/pages.ts'
import { eventsInState } from './in-state.ts'
import { type Counts, storedCounts } from './progress.ts'
import { eventView } from './shape.ts'

export const eventListQuery = z.strictObject({
  ...pageQuery,
  ...timeRangeQuery,
  type: several(z.string().min(1).max(128)),
  subject: z.string().min(1).max(256).optional(),
  webhook: several(z.string().min(1).max(64)),
  delivered: z.enum(['true', 'false']).optional(),
  state: several(deliveryStateSchema),
})
type EventFilter = z.output<typeof eventListQuery>

/** Events, newest first. */
export function listEvents(call: Call<EventFilter, undefined>): Promise<Answer> {
  const { type, subject, state, from } = call.query
  const { tenant } = call.caller
  const filter = conditionsOf(call.query)
  if (state) {
    const view = (event: EventDocument, stored?: Counts) => eventView(call.deps, event, stored)
    return eventsInState(call, { states: state, filter, from, view })
  }
  const only = onlyOne(type)
  const named = subject ? { subject } : only ? { type: only } : {}
  return listPage(call, {
    model: call.deps.models.events,
    timeField: 'receivedAt',
    lead: { kind: 'timed', where: { tenant, ...named } },
    omit: ['data', 'context'],
    views: (events) => eventViews(call.deps, tenant, events),
    filter,
  })
}

/** How each of these events is shown. */
async function eventViews(deps: ApiDependencies, tenant: string, events: EventDocument[]) {
  const ids = events.map(({ id }) => id)
  const stored = await storedCounts(deps, tenant, ids)
  return (event: EventDocument) => eventView(deps, event, stored.get(event.id))
}

function conditionsOf({ type, subject, webhook, delivered, ...range }: EventFilter): Conditions {
  const receivedAt = timeRange(range)
  return {
    ...(type && { type: oneOf(type) }),
    ...(subject && { subject }),
    ...(delivered && { delivered: delivered === 'true' }),
    ...(webhook
      ? { webhooks: oneOf(webhook) }
      : delivered === 'false' && { webhooks: { $ne: [] } }),
    ...(receivedAt && { receivedAt }),
  }
}

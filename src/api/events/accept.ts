import { z } from 'zod'
import type { EventEnvelope } from '../../delivery/types.ts'
import type { AcceptedEvent } from '../../ingest/types.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiError } from '../http/errors.ts'
import { publicUrl } from '../http/links.ts'
import type { UnparsedCall } from '../http/route.ts'
import { conflictAt } from './ingest-body.ts'
import type { EventWarning } from './validation.ts'

/** The caller has its answer this long after its request arrived. */
export const DEADLINE_MS = 3_000

/** What the caller is told of an event. */
export const acceptedSchema = z
  .object({
    id: z.string(),
    status: z.literal('accepted'),
    duplicate: z.boolean().meta({ description: 'The same id and bytes came before.' }),
    warnings: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({
        description:
          'Where `data` does not fit the schema of its type, or the type is probably a typo.',
      }),
    links: z.object({ self: z.string(), deliveries: z.string() }),
  })
  .meta({ id: 'AcceptedEvent' })

/** Checks events and hands them to ingest. Throws validation_failed, event_conflict, IngestUnavailable, EventTooLarge. */
export async function accept(
  { deps, receivedAtMs, validation, facts }: UnparsedCall,
  given: EventEnvelope[],
  baseOf: (index: number) => string,
  idOf = (index: number) => `${baseOf(index)}/id`,
) {
  if (given[0]) facts.event = given[0].id
  if (given.length > 1) facts.events = given.length
  const events = await validation.check(given, baseOf)
  // while the events are accepted
  const looked = validation.typosOf(events)
  const results = await deps.ingest
    .accept(events, receivedAtMs + DEADLINE_MS)
    .catch((error: unknown) => {
      deps.metrics.eventsHandled('refused', events.length)
      throw error
    })
  countResults(deps, results)
  const conflicts = results.flatMap((result, index) =>
    result.conflict ? [conflictAt(idOf(index))] : [],
  )
  if (conflicts.length > 0)
    throw new ApiError('event_conflict', 'The id was used before with other content.', {
      errors: conflicts,
    })
  const typos = await looked
  return results.map((result, index) => {
    const typo = typos.get(events[index]?.type ?? '')
    const faults = events[index]?.validation?.errors ?? []
    return acceptedView(deps, result, typo ? [typo, ...faults] : faults)
  })
}

/** A conflict takes its whole request with it. */
function countResults({ metrics }: ApiDependencies, results: AcceptedEvent[]): void {
  const hasConflict = results.some((result) => result.conflict)
  for (const result of results)
    if (result.conflict) metrics.eventsHandled('conflict')
    else if (hasConflict) metrics.eventsHandled('refused')
    else metrics.eventsHandled(result.duplicate ? 'duplicate' : 'accepted')
}

function acceptedView(
  { config }: ApiDependencies,
  result: AcceptedEvent,
  warnings: EventWarning[],
): z.output<typeof acceptedSchema> {
  const { id } = result
  const links = {
    self: publicUrl(config, `/v1/events/${id}`),
    deliveries: publicUrl(config, `/v1/deliveries?event=${id}`),
  }
  const duplicate = !result.conflict && result.duplicate
  return { id, status: 'accepted', duplicate, ...(warnings.length > 0 && { warnings }), links }
}

import { Button } from '@mantine/core'
import { Link, useParams } from 'wouter'
import { usePost } from '../../api/actions.ts'
import { useAnswer } from '../../api/queries.ts'
import { useMay } from '../../api/session.ts'
import type { DeliveryState, StoredEvent } from '../../api/types.ts'
import { plural } from '../../format/number.ts'
import { DELIVERY_STATES } from '../../format/state.ts'
import { ErrorNote } from '../../parts/error-note.tsx'
import { IdText } from '../../parts/id-text.tsx'
import { TemporalLink } from '../../parts/temporal-link.tsx'
import { TextView } from '../../parts/json-view.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead, Section } from '../../parts/page.tsx'
import { StagesLine } from '../../parts/stages-line.tsx'
import { DeliveryBadge } from '../../parts/state-badge.tsx'
import { TimeText } from '../../parts/time-text.tsx'
import { WhoGotIt } from './who-got-it.tsx'

type Answer = StoredEvent | { id: string; status: 'accepted' }

/** What came, who got it, and why others did not. */
export default function EventPage() {
  const { id = '' } = useParams()
  const query = useAnswer<Answer>(`/v1/events/${id}`, { everyMs: 5_000 })
  return (
    <Loaded query={query}>
      {(event) =>
        event.status === 'stored' ? (
          <EventView key={event.id} event={event} />
        ) : (
          <p className="muted">The event was accepted a moment ago and is being stored.</p>
        )
      }
    </Loaded>
  )
}

function EventView({ event }: { event: StoredEvent }) {
  const { type, state, stages, data, context } = event
  return (
    <>
      <PageHead
        name={`${type} ${event.id}`}
        title={
          <span className="row">
            {state ? (
              <DeliveryBadge state={state} />
            ) : (
              <span className="badge badge-quiet">no webhook</span>
            )}
            {type}
          </span>
        }
        actions={<Actions event={event} />}
      />
      <div className="stack stack-wide">
        <StagesLine stages={stages} />
        <Counts counts={event.counts} />
        <Facts event={event} />
        <Validation event={event} />
        <Section title="Who got it, and who did not">
          <WhoGotIt event={event} />
        </Section>
        <Section title="What came">
          <TextView text={JSON.stringify(data)} label="data" />
          {context !== undefined && <TextView text={JSON.stringify(context)} label="context" />}
        </Section>
      </div>
    </>
  )
}

function Actions({ event: { id, links, state } }: { event: StoredEvent }) {
  const isOperator = useMay('operator')
  const isAdmin = useMay('admin')
  const post = usePost<{ deliveries: string[] }>()
  const canRerun = isOperator && state !== null && state !== 'delivered' && state !== 'skipped'
  return (
    <>
      {post.error && <ErrorNote error={post.error} />}
      {post.data && (
        <span role="status">
          {plural(post.data.deliveries.length, 'delivery is', 'deliveries are')} sent again
        </span>
      )}
      {canRerun && (
        <Button
          size="compact-sm"
          loading={post.isPending}
          onClick={() => post.mutate(`/v1/events/${id}/rerun`)}
        >
          Send what is undelivered
        </Button>
      )}
      {isAdmin && (
        <Button
          component={Link}
          href={`/events/new?from=${id}`}
          size="compact-sm"
          variant="default"
        >
          Edit and send as a new event
        </Button>
      )}
      <TemporalLink href={links.temporal} />
    </>
  )
}

function Counts({ counts }: Pick<StoredEvent, 'counts'>) {
  const known = Object.entries(counts) as [DeliveryState, number][]
  if (known.length === 0) return null
  return (
    <div className="row">
      {known.map(([state, count]) => (
        <span key={state} className={`badge badge-${DELIVERY_STATES[state].tone}`}>
          <span aria-hidden="true">{DELIVERY_STATES[state].icon}</span> {count} {state}
        </span>
      ))}
    </div>
  )
}

function Facts({ event }: { event: StoredEvent }) {
  const facts = [
    ['Subject', event.subject],
    ['Reference', event.reference],
    ['Source', event.source],
    ['CloudEvent id', event.cloudEventId],
    ['Occurred', event.occurredAt],
  ].filter((fact): fact is [string, string] => fact[1] !== undefined)
  return (
    <dl className="facts">
      <dt>Event</dt>
      <dd>
        <IdText id={event.id} most={44} />
      </dd>
      <dt>Received</dt>
      <dd>
        <TimeText at={event.receivedAt} exact />
      </dd>
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** What does not fit the catalogue's schema, and other bytes that came under the same id. */
function Validation({ event: { validation, conflicts } }: { event: StoredEvent }) {
  return (
    <>
      {validation && (
        <div className="note note-warn">
          Its data does not fit the schema of its type:
          <ul style={{ margin: 0, paddingLeft: 20 }}>
            {validation.errors.map(({ pointer, detail }) => (
              <li key={`${pointer} ${detail}`}>
                <span className="mono">{pointer || '/'}</span> {detail}
              </li>
            ))}
          </ul>
        </div>
      )}
      {conflicts && (
        <div className="note note-warn">
          {plural(conflicts.length, 'other event', 'other events')} came under this id with other
          content and {conflicts.length === 1 ? 'was' : 'were'} not delivered.
        </div>
      )}
    </>
  )
}

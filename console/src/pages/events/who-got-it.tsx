import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { call } from '../../api/call.ts'
import type { DeliverySummary, Match, StoredEvent, Webhook } from '../../api/types.ts'
import { useWebhooks } from '../../api/webhooks.ts'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { DeliveryBadge } from '../../parts/state-badge.tsx'
import { TimeText } from '../../parts/time-text.tsx'
import { Table } from '../../parts/table.tsx'

const HEADS = [
  { title: 'Webhook', className: 'first' },
  'Delivery',
  { title: 'Attempts', className: 'end' },
  'Why',
]

type Line = { id: string; name: string; delivery?: DeliverySummary; why?: string; now?: string }

/** Every webhook of the tenant: what became of the event there, or why it did not get it. */
export function WhoGotIt({ event }: { event: StoredEvent }) {
  const webhooks = useWebhooks()
  const matches = useQuery({
    queryKey: ['match', event.id],
    queryFn: ({ signal }) => matchOf(event, signal),
  })
  return (
    <Loaded query={webhooks}>
      {({ data }) => (
        <>
          {matches.error && <ErrorNote error={matches.error} />}
          <Lines lines={linesOf(event, data, matches.data ?? [])} />
        </>
      )}
    </Loaded>
  )
}

function Lines({ lines }: { lines: Line[] }) {
  if (lines.length === 0) return <p className="muted">There is no webhook.</p>
  return (
    <Table caption="Webhooks" heads={HEADS}>
      {lines.map((line) => (
        <LineRow key={line.id} line={line} />
      ))}
    </Table>
  )
}

function LineRow({ line: { id, name, delivery, why, now } }: { line: Line }) {
  return (
    <tr>
      <td className="first">
        <Link href={`/settings/webhooks/${id}`}>{name}</Link>
      </td>
      <td>
        {delivery ? (
          <Link href={`/deliveries/${delivery.id}`}>
            <DeliveryBadge state={delivery.state} />
          </Link>
        ) : (
          <span className="muted">none</span>
        )}
      </td>
      <td className="end">{delivery?.attemptCount ?? '–'}</td>
      <td className="wide">
        {delivery?.nextAttemptAt ? (
          <>
            next attempt <TimeText at={delivery.nextAttemptAt} />
          </>
        ) : (
          (why ?? '')
        )}
        {now && <div className="muted">{now}</div>}
      </td>
    </tr>
  )
}

/** How each webhook, as it is now, judges the event. */
async function matchOf(event: StoredEvent, signal: AbortSignal): Promise<Match[]> {
  const { type, subject, reference, context, data } = event
  const given = { type, subject, reference, context, data, id: event.id }
  const answer = await call<{ data: Match[] }>('/v1/webhooks/match', {
    method: 'POST',
    body: { event: given },
    signal,
  })
  return answer.data
}

function linesOf(event: StoredEvent, webhooks: Webhook[], matches: Match[]): Line[] {
  const deliveries = new Map(event.deliveries.map((delivery) => [delivery.webhook, delivery]))
  const verdicts = new Map(matches.map((match) => [match.webhook, match]))
  const known = webhooks.map((webhook): Line => {
    const delivery = deliveries.get(webhook.id)
    const { id, name } = webhook
    if (delivery)
      return { id, name, delivery, ...(delivery.reason && { why: delivery.reason.detail }) }
    return { id, name, ...whyNot(event, webhook, verdicts.get(id)) }
  })
  const shown = new Set(known.map(({ id }) => id))
  const gone = event.deliveries
    .filter(({ webhook }) => !shown.has(webhook))
    .map((delivery) => ({ id: delivery.webhook, name: 'a deleted webhook', delivery }))
  return [...known, ...gone].toSorted(
    (a, b) => Number(Boolean(b.delivery)) - Number(Boolean(a.delivery)),
  )
}

function whyNot(
  event: StoredEvent,
  webhook: Webhook,
  match: Match | undefined,
): Pick<Line, 'why' | 'now'> {
  if (event.test) return { why: 'A test goes to one webhook only.' }
  const created = Date.parse(webhook.createdAt)
  const received = Date.parse(event.receivedAt)
  if (created > received) return { why: 'It was created after the event came.' }
  if (!match) return {}
  if (!match.matches) return { ...(match.detail !== undefined && { why: match.detail }) }
  return {
    why: 'It did not want the event when it came.',
    now: 'As it is now it would: a replay of what was missed sends it.',
  }
}

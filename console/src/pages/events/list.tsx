import { Button, Select } from '@mantine/core'
import { Link, useLocation } from 'wouter'
import { z } from 'zod'
import { useEventTypes } from '../../api/event-types.ts'
import { useList } from '../../api/queries.ts'
import { useMay } from '../../api/session.ts'
import type { DeliveryState, EventSummary } from '../../api/types.ts'
import { DELIVERY_STATES } from '../../format/state.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { FilterText } from '../../parts/filter-text.tsx'
import { timeFilter, useFilters } from '../../parts/filters.ts'
import { ListPages } from '../../parts/list-pages.tsx'
import { Empty, PageHead } from '../../parts/page.tsx'
import { DeliveryBadge } from '../../parts/state-badge.tsx'
import { TimeRange } from '../../parts/time-range.tsx'
import { ClockText } from '../../parts/time-text.tsx'

const STATES = Object.keys(DELIVERY_STATES) as DeliveryState[]

const filters = z.object({
  type: z.string().optional(),
  subject: z.string().optional(),
  state: z.enum(STATES).optional(),
  from: timeFilter,
  to: timeFilter,
})

const COLUMNS: Column<EventSummary>[] = [
  {
    title: 'Event',
    cell: ({ id, type }) => (
      <Link href={`/events/${id}`} className="cell-text" title={id}>
        {type}
      </Link>
    ),
  },
  { title: 'Id', cell: ({ id }) => <span className="mono cell-text">{id}</span> },
  { title: 'Subject', cell: ({ subject }) => <span className="cell-text">{subject ?? '–'}</span> },
  {
    title: 'Reference',
    minor: true,
    cell: ({ reference }) => <span className="cell-text">{reference ?? '–'}</span>,
  },
  { title: 'Webhooks', align: 'end', cell: ({ webhooks }) => webhooks.length },
  { title: 'State', cell: (event) => <State {...event} /> },
  { title: 'Received', cell: ({ receivedAt }) => <ClockText at={receivedAt} /> },
]

/** Of its least finished delivery; how many have arrived is told where there are several. */
function State({ state, counts, webhooks }: EventSummary) {
  if (state === null) return <span className="muted">no webhook wanted it</span>
  return (
    <>
      <DeliveryBadge state={state} />
      {webhooks.length > 1 && state !== 'delivered' && (
        <span className="muted numbers">
          {' '}
          {counts.delivered ?? 0} of {webhooks.length}
        </span>
      )}
    </>
  )
}

export default function EventsPage() {
  const [given, change] = useFilters(filters)
  const list = useList<EventSummary>('/v1/events', {
    query: { ...given, limit: 50 },
  })
  const isAdmin = useMay('admin')
  const [, go] = useLocation()
  return (
    <>
      <PageHead
        title="Events"
        actions={
          isAdmin && (
            <Button component={Link} href="/events/new" size="compact-sm">
              Send an event
            </Button>
          )
        }
      />
      <div className="stack">
        <FilterBar given={given} change={change} />
        <ListPages query={list} empty={<NoEvents />}>
          {(rows) => (
            <DataTable
              caption="Events"
              columns={COLUMNS}
              rows={rows}
              keyOf={({ id }) => id}
              open={({ id }) => go(`/events/${id}`)}
            />
          )}
        </ListPages>
      </div>
    </>
  )
}

type Filters = z.output<typeof filters>
type FilterProps = {
  given: Filters
  change: (change: Partial<Record<keyof Filters, string | undefined>>) => void
}

function FilterBar({ given: { type, subject, state, from, to }, change }: FilterProps) {
  const names = useEventTypes().map(({ name }) => name)
  return (
    <div className="row" role="search" aria-label="Filters">
      <Select
        size="xs"
        w={200}
        clearable
        searchable
        aria-label="Event type"
        placeholder="Event type"
        data={[...new Set([...(type ? [type] : []), ...names])]}
        value={type ?? null}
        onChange={(value) => change({ type: value ?? undefined })}
      />
      <FilterText label="Subject" value={subject} change={(value) => change({ subject: value })} />
      <Select
        size="xs"
        w={140}
        clearable
        aria-label="State"
        placeholder="State"
        data={STATES}
        value={state ?? null}
        onChange={(value) => change({ state: value ?? undefined })}
      />
      <TimeRange from={from} to={to} change={change} />
    </div>
  )
}

function NoEvents() {
  return (
    <Empty title="No event here">
      <p style={{ margin: 0 }}>
        A service posts events; each webhook that wants one gets it. Post the first:
      </p>
      <pre className="code">{`curl -X POST "$HERALD_URL/v1/events" \\
  -H "Authorization: Bearer $HERALD_KEY" -H 'Content-Type: application/json' \\
  -d '{"type":"customer_tag_add","subject":"cus_42","data":{"tagId":"vip","action":"add"}}'`}</pre>
    </Empty>
  )
}

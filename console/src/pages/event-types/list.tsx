import { Button, TextInput } from '@mantine/core'
import { Link, useLocation } from 'wouter'
import { z } from 'zod'
import { useList } from '../../api/queries.ts'
import type { EventType } from '../../api/types.ts'
import { useWebhooks } from '../../api/webhooks.ts'
import { typeGroup } from '../../format/type-group.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { useFilters } from '../../parts/filters.ts'
import { ListPages } from '../../parts/list-pages.tsx'
import { PageHead } from '../../parts/page.tsx'
import { Import } from './import.tsx'
import { subscribersOf } from './subscribers.ts'

const filters = z.object({ find: z.string().optional() })
type Row = EventType & { subscribers: number }

const COLUMNS: Column<Row>[] = [
  {
    title: 'Event type',
    cell: ({ name }) => (
      <Link href={`/settings/event-types/${encodeURIComponent(name)}`} className="mono">
        {name}
      </Link>
    ),
  },
  {
    title: 'Description',
    cell: ({ description }) => (
      <span className="cell-text" title={description}>
        {description || '–'}
      </span>
    ),
  },
  {
    title: 'Guide name',
    minor: true,
    cell: ({ guideName }) => <span className="mono">{guideName ?? '–'}</span>,
  },
  { title: 'Status', cell: ({ status }) => status },
  { title: 'Schema', cell: ({ schema }) => (schema ? 'yes' : '–') },
  { title: 'Webhooks', align: 'end', cell: ({ subscribers }) => subscribers },
]

/** What may be sent: names, schemas, examples, and who wants each. */
export default function EventTypesPage() {
  const [{ find = '' }, change] = useFilters(filters)
  const list = useList<EventType>('/v1/event-types', { query: { limit: 100 } })
  return (
    <>
      <PageHead
        title="Event catalogue"
        actions={
          <>
            <TextInput
              size="xs"
              aria-label="Find an event type"
              placeholder="Find"
              value={find}
              onChange={(event) => change({ find: event.currentTarget.value })}
            />
            <Button
              component="a"
              href="/v1/event-types/export"
              download="event-types.json"
              size="compact-sm"
              variant="default"
            >
              Export
            </Button>
          </>
        }
      />
      <div className="stack">
        <Import />
        <ListPages query={list} empty={<p className="muted">The catalogue is empty.</p>}>
          {(types) => <Types types={types} find={find.toLowerCase()} />}
        </ListPages>
      </div>
    </>
  )
}

function Types({ types, find }: { types: EventType[]; find: string }) {
  const webhooks = useWebhooks().data?.data ?? []
  const [, go] = useLocation()
  const found = types.filter(({ name, description }) =>
    `${name} ${description}`.toLowerCase().includes(find),
  )
  return (
    <DataTable
      caption="Event types"
      columns={COLUMNS}
      rows={found.map((type) => ({
        ...type,
        subscribers: subscribersOf(type.name, webhooks).length,
      }))}
      keyOf={({ name }) => name}
      groupOf={({ name }) => typeGroup(name)}
      open={({ name }) => go(`/settings/event-types/${encodeURIComponent(name)}`)}
    />
  )
}

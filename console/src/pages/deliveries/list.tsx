import { Button, Switch } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { rowsOf, useAnswer, useList } from '../../api/queries.ts'
import { useMay } from '../../api/session.ts'
import { useTail } from '../../api/tail.ts'
import type { DeliverySummary } from '../../api/types.ts'
import { useWebhookNames } from '../../api/webhooks.ts'
import { countText, plural } from '../../format/number.ts'
import { useFilters } from '../../parts/filters.ts'
import { ListPages } from '../../parts/list-pages.tsx'
import { Empty, PageHead } from '../../parts/page.tsx'
import { BulkActions } from './bulk-actions.tsx'
import { DeliveryTable } from './delivery-table.tsx'
import { FilterBar } from './filter-bar.tsx'
import { type DeliveryFilters, deliveryFilters, queryOf } from './filters.ts'

const SHOWN_MAX = 2_000

/** Did it arrive? Every filter of the API, and new ones as they come. */
export default function DeliveriesPage() {
  const [filters, change] = useFilters(deliveryFilters)
  const tail = useTail(queryOf(filters), filters.live === '1')
  const [taken, setTaken] = useState<DeliverySummary[]>([])
  const toggle = () => change({ live: filters.live ? undefined : '1' })
  const changeFilters: typeof change = (changes) => {
    setTaken([])
    change(changes)
  }
  return (
    <>
      <PageHead title="Deliveries" actions={<Live state={tail.state} toggle={toggle} />} />
      <div className="stack">
        <FilterBar filters={filters} change={changeFilters} />
        <Rows filters={filters} taken={taken}>
          {tail.waiting.length > 0 && (
            <Button
              size="compact-sm"
              variant="light"
              onClick={() => setTaken((before) => [...tail.take(), ...before])}
            >
              Show {plural(tail.waiting.length, 'new delivery', 'new deliveries')}
            </Button>
          )}
        </Rows>
      </div>
    </>
  )
}

type RowsProps = { filters: DeliveryFilters; taken: DeliverySummary[]; children: ReactNode }

function Rows({ filters, taken, children }: RowsProps) {
  const query = queryOf(filters)
  const list = useList<DeliverySummary>('/v1/deliveries', { query: { ...query, limit: 50 } })
  const count = useAnswer<{ count: number; more: boolean }>('/v1/deliveries/count', { query })
  const [selected, choose] = useState<ReadonlySet<string>>(new Set())
  const listed = withTaken(taken, rowsOf(list.data))
  // what is no longer shown is no longer meant
  const chosen = new Set(listed.map(({ id }) => id).filter((id) => selected.has(id)))
  const names = useWebhookNames()
  const isOperator = useMay('operator')
  const selection = isOperator ? { selection: { chosen, choose } } : {}
  const isFiltered = Object.values(query).some(Boolean)
  return (
    <>
      <div className="row row-spread">
        <span className="muted numbers" role="status">
          {count.data && `${countText(count.data.count)}${count.data.more ? '+' : ''} match`}
        </span>
        {isOperator && <BulkActions filters={filters} chosen={chosen} choose={choose} />}
      </div>
      {children}
      <ListPages query={list} empty={<NoDeliveries isFiltered={isFiltered} />}>
        {() => <DeliveryTable rows={listed} names={names} {...selection} />}
      </ListPages>
    </>
  )
}

function Live({ state, toggle }: { state: string; toggle: () => void }) {
  const words: Record<string, string> = {
    off: 'Live',
    connecting: 'Live, connecting',
    live: 'Live',
    lost: 'Live, connecting again',
  }
  return <Switch size="sm" label={words[state]} checked={state !== 'off'} onChange={toggle} />
}

function NoDeliveries({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <p className="muted">No delivery matches these filters.</p>
  ) : (
    <Empty title="Nothing has been delivered yet">
      <p style={{ margin: 0 }}>
        A delivery is one event on its way to one webhook. Send a test from a webhook, or post an
        event to <code>POST /v1/events</code>.
      </p>
    </Empty>
  )
}

/** What the tail brought stands above; what the list has read since is newer. */
function withTaken(taken: DeliverySummary[], rows: DeliverySummary[]): DeliverySummary[] {
  const listed = new Set(rows.map(({ id }) => id))
  return [...taken.filter(({ id }) => !listed.has(id)), ...rows]
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
    .slice(0, SHOWN_MAX)
}

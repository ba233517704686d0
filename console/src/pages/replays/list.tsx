import { Button, Progress } from '@mantine/core'
import { Link, useLocation } from 'wouter'
import { useList } from '../../api/queries.ts'
import { useMay } from '../../api/session.ts'
import type { ReplaySummary } from '../../api/types.ts'
import { useClock } from '../../app/clock.tsx'
import { countText } from '../../format/number.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ListPages } from '../../parts/list-pages.tsx'
import { Empty, PageHead } from '../../parts/page.tsx'
import { ReplayBadge } from '../../parts/state-badge.tsx'
import { ClockText } from '../../parts/time-text.tsx'
import { filterText } from './filter-text.ts'

const COLUMNS: Column<ReplaySummary>[] = [
  {
    title: 'What',
    cell: (replay) => <What replay={replay} />,
  },
  { title: 'State', cell: ({ state }) => <ReplayBadge state={state} /> },
  {
    title: 'Handed over',
    cell: ({ sent, selected }) => (
      <div className="row" style={{ flexWrap: 'nowrap' }}>
        <Progress w={80} value={(100 * sent) / Math.max(selected, 1)} aria-label="Handed over" />
        <span className="numbers">
          {countText(sent)} of {countText(selected)}
        </span>
      </div>
    ),
  },
  { title: 'Rate', align: 'end', cell: ({ rate }) => `${rate} a second` },
  { title: 'Created', cell: ({ createdAt }) => <ClockText at={createdAt} /> },
]

function What({ replay: { id, filter, missing } }: { replay: ReplaySummary }) {
  const { zone } = useClock()
  return (
    <Link href={`/replays/${id}`} className="cell-text">
      {filterText(filter, missing, zone)}
    </Link>
  )
}

export default function ReplaysPage() {
  const list = useList<ReplaySummary>('/v1/replays', { query: { limit: 50 }, everyMs: 5_000 })
  const isOperator = useMay('operator')
  const [, go] = useLocation()
  return (
    <>
      <PageHead
        title="Replays"
        actions={
          isOperator && (
            <Button component={Link} href="/replays/new" size="compact-sm">
              Start a replay
            </Button>
          )
        }
      />
      <ListPages query={list} empty={<NoReplays />}>
        {(rows) => (
          <DataTable
            caption="Replays"
            columns={COLUMNS}
            rows={rows}
            keyOf={({ id }) => id}
            open={({ id }) => go(`/replays/${id}`)}
          />
        )}
      </ListPages>
    </>
  )
}

function NoReplays() {
  return (
    <Empty title="Nothing has been replayed">
      <p style={{ margin: 0 }}>
        A replay sends deliveries again that a filter chooses: what failed in an outage, or what a
        webhook missed while it was paused. It says how many and how long before it begins.
      </p>
    </Empty>
  )
}

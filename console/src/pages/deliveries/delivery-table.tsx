import { Link, useLocation } from 'wouter'
import type { DeliverySummary } from '../../api/types.ts'
import { spanText } from '../../format/time.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { DeliveryBadge } from '../../parts/state-badge.tsx'
import { ClockText, TimeText } from '../../parts/time-text.tsx'

type Props = {
  rows: DeliverySummary[]
  /** By id. */
  names: ReadonlyMap<string, string>
  selection?: { chosen: ReadonlySet<string>; choose: (ids: ReadonlySet<string>) => void }
}

/** Deliveries as lists show them, wherever they are listed. */
export function DeliveryTable({ rows, names, selection }: Props) {
  const [, go] = useLocation()
  return (
    <DataTable
      caption="Deliveries"
      columns={columnsOf(names)}
      rows={rows}
      keyOf={({ id }) => id}
      open={({ id }) => go(`/deliveries/${id}`)}
      {...(selection && { selection })}
    />
  )
}

function columnsOf(names: ReadonlyMap<string, string>): Column<DeliverySummary>[] {
  return [
    {
      title: 'Delivery',
      cell: ({ id, type }) => (
        <Link href={`/deliveries/${id}`} className="cell-text" title={id}>
          {type}
        </Link>
      ),
    },
    { title: 'State', cell: ({ state }) => <DeliveryBadge state={state} /> },
    {
      title: 'Webhook',
      cell: ({ webhook }) => <span className="cell-text">{names.get(webhook) ?? webhook}</span>,
    },
    {
      title: 'Subject',
      minor: true,
      cell: ({ subject }) => <span className="cell-text">{subject ?? '–'}</span>,
    },
    { title: 'Attempts', align: 'end', cell: ({ attemptCount }) => attemptCount },
    { title: 'Last answer', cell: (row) => <LastAnswer row={row} /> },
    {
      title: 'Next attempt',
      minor: true,
      cell: ({ nextAttemptAt }) => (nextAttemptAt ? <TimeText at={nextAttemptAt} /> : '–'),
    },
    { title: 'Created', cell: ({ createdAt }) => <ClockText at={createdAt} /> },
  ]
}

function LastAnswer({ row: { lastAttempt, reason } }: { row: DeliverySummary }) {
  if (!lastAttempt) return reason ? <span className="muted">{reason.code}</span> : '–'
  const { status, code, totalMs } = lastAttempt
  const what = status ?? code ?? '–'
  return (
    <span className="numbers">
      {what}
      {totalMs !== undefined && <span className="muted"> · {spanText(totalMs)}</span>}
    </span>
  )
}

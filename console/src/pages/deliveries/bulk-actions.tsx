import { Button, Menu } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { useAction } from '../../api/actions.ts'
import { call, withQuery } from '../../api/call.ts'
import type { DeliverySummary, Page } from '../../api/types.ts'
import { plural } from '../../format/number.ts'
import { isOpen } from '../../format/state.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { type DeliveryFilters, queryOf, searchOf } from './filters.ts'
import { CancelMany } from './cancel-many.tsx'

type Props = {
  filters: DeliveryFilters
  chosen: ReadonlySet<string>
  choose: (ids: ReadonlySet<string>) => void
}

const EXPORT_MAX = 5_000

/** What can be done to the chosen rows, or to all that the filter chooses. */
export function BulkActions({ filters, chosen, choose }: Props) {
  const [isCancelling, setCancelling] = useState(false)
  if (chosen.size > 0) return <ChosenActions chosen={chosen} choose={choose} />
  const isFiltered = Object.values(queryOf(filters)).some(Boolean)
  if (isCancelling) return <CancelMany filters={filters} close={() => setCancelling(false)} />
  return (
    <div className="row">
      {!isOpen(filters.state) && (
        <Button
          component={Link}
          href={`/replays/new?${searchOf(filters)}`}
          size="compact-sm"
          variant="default"
        >
          Replay these…
        </Button>
      )}
      {isFiltered && (
        <Button size="compact-sm" variant="default" onClick={() => setCancelling(true)}>
          Cancel these…
        </Button>
      )}
      <ExportMenu filters={filters} />
    </div>
  )
}

type Verb = 'redeliver' | 'cancel'

function ChosenActions({ chosen, choose }: Omit<Props, 'filters'>) {
  const [asked, ask] = useState<Verb>()
  const act = useAction(async (verb: Verb) => {
    const left = new Set(chosen)
    let first: unknown
    for (const id of chosen)
      await call(`/v1/deliveries/${id}/${verb}`, { method: 'POST', body: {} }).then(
        () => left.delete(id),
        (error: unknown) => (first ??= error),
      )
    choose(left)
    if (first) throw first
  })
  const deliveries = plural(chosen.size, 'delivery', 'deliveries')
  if (asked)
    return (
      <Confirm
        act={asked === 'redeliver' ? `Redeliver ${deliveries}` : `Cancel ${deliveries}`}
        isDangerous={asked === 'cancel'}
        isBusy={act.isPending}
        error={act.error}
        confirm={() => act.mutate(asked, { onSuccess: () => ask(undefined) })}
        cancel={() => ask(undefined)}
      >
        {asked === 'redeliver'
          ? `${deliveries} are sent at once; those that are finished get their whole schedule again.`
          : `The remaining attempts of ${deliveries} end. They can be redelivered later.`}
      </Confirm>
    )
  return (
    <div className="row">
      <Button size="compact-sm" onClick={() => ask('redeliver')}>
        Redeliver {deliveries}…
      </Button>
      <Button size="compact-sm" variant="default" onClick={() => ask('cancel')}>
        Cancel {deliveries}…
      </Button>
      <Button size="compact-sm" variant="subtle" onClick={() => choose(new Set())}>
        Select none
      </Button>
    </div>
  )
}

function ExportMenu({ filters }: { filters: DeliveryFilters }) {
  const save = useAction(async (format: 'json' | 'csv') => {
    const rows = await readAll(filters)
    const text = format === 'json' ? JSON.stringify(rows, null, 2) : csvOf(rows)
    download(text, `deliveries.${format}`)
  })
  return (
    <>
      {save.error && <ErrorNote error={save.error} />}
      <Menu transitionProps={{ duration: 100 }}>
        <Menu.Target>
          <Button size="compact-sm" variant="default" loading={save.isPending}>
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => save.mutate('csv')}>As CSV, at most 5,000</Menu.Item>
          <Menu.Item onClick={() => save.mutate('json')}>As JSON, at most 5,000</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  )
}

async function readAll(filters: DeliveryFilters): Promise<DeliverySummary[]> {
  const rows: DeliverySummary[] = []
  let cursor: string | undefined
  do {
    const query = { ...queryOf(filters), limit: 100, cursor }
    const { data, page } = await call<Page<DeliverySummary>>(withQuery('/v1/deliveries', query))
    rows.push(...data)
    cursor = page.next ?? undefined
  } while (cursor && rows.length < EXPORT_MAX)
  return rows
}

function csvOf(rows: DeliverySummary[]): string {
  const names = [
    'id',
    'event',
    'webhook',
    'type',
    'subject',
    'state',
    'attemptCount',
    'createdAt',
    'finishedAt',
  ] as const
  const lines = rows.map((row) => names.map((name) => csvCell(row[name])).join(','))
  return [names.join(','), ...lines].join('\r\n')
}

/** A cell that a table program would take for a formula is made text. */
function csvCell(value: string | number | undefined): string {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function download(text: string, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text]))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

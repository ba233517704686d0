import { Button, TextInput } from '@mantine/core'
import { useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { z } from 'zod'
import { useAction } from '../../api/actions.ts'
import { call } from '../../api/call.ts'
import { useAnswer } from '../../api/queries.ts'
import { useMay } from '../../api/session.ts'
import type { Problem, Series, Webhook } from '../../api/types.ts'
import { useWebhooks } from '../../api/webhooks.ts'
import { countText, plural, shareText } from '../../format/number.ts'
import { spanText } from '../../format/time.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { useFilters } from '../../parts/filters.ts'
import { useKeys } from '../../parts/keys.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Empty, PageHead } from '../../parts/page.tsx'
import { Sparkline } from '../../parts/sparkline.tsx'
import { WebhookBadge } from '../../parts/state-badge.tsx'
import { TimeText } from '../../parts/time-text.tsx'

const filters = z.object({ find: z.string().optional() })

type Row = Webhook & {
  series: Series['webhooks'][number] | undefined
  problem: Problem | undefined
}

const COLUMNS: Column<Row>[] = [
  {
    title: 'Name',
    cell: ({ id, name }) => (
      <Link href={`/settings/webhooks/${id}`} className="cell-text">
        {name}
      </Link>
    ),
  },
  { title: 'Type', cell: ({ target }) => typeName(target.type) },
  { title: 'Events', cell: ({ events }) => <EventNames events={events} /> },
  {
    title: 'URL',
    minor: true,
    cell: ({ target }) => (
      <span className="cell-text cell-short mono" title={target.url}>
        {target.url}
      </span>
    ),
  },
  {
    title: 'State',
    cell: ({ state, stateReason }) => (
      <span title={stateReason?.detail}>
        <WebhookBadge state={state} />
      </span>
    ),
  },
  {
    title: '24 h',
    cell: ({ series }) => <Sparkline counts={series?.attempts ?? []} unit="attempts" />,
  },
  { title: 'Success', align: 'end', cell: ({ series }) => successText(series) },
  {
    title: 'p95',
    align: 'end',
    cell: ({ series }) => (series?.p95Ms ? spanText(series.p95Ms) : '–'),
  },
  {
    title: 'Last failure',
    cell: ({ problem }) =>
      problem?.lastAt ? (
        <Link href={`/deliveries/${problem.example}`}>
          <TimeText at={problem.lastAt} /> {problem.code}
        </Link>
      ) : (
        '–'
      ),
  },
]

export default function WebhooksPage() {
  const [{ find }, change] = useFilters(filters)
  const webhooks = useWebhooks(10_000)
  const isAdmin = useMay('admin')
  const search = useRef<HTMLInputElement>(null)
  useKeys({ '/': () => search.current?.focus() })
  return (
    <>
      <PageHead
        title="Webhook Settings"
        actions={
          <>
            <TextInput
              ref={search}
              size="xs"
              w={220}
              aria-label="Find a webhook"
              placeholder="Find by name, URL or event"
              value={find ?? ''}
              onChange={(event) => change({ find: event.currentTarget.value })}
            />
            {isAdmin && (
              <Button component={Link} href="/settings/webhooks/new" size="compact-md">
                Create
              </Button>
            )}
          </>
        }
      />
      <Loaded query={webhooks} lines={8}>
        {({ data, more }) =>
          data.length === 0 ? (
            <NoWebhooks />
          ) : (
            <>
              <Rows webhooks={data} find={find ?? ''} />
              {more && <p className="muted">These are the newest {countText(data.length)}.</p>}
            </>
          )
        }
      </Loaded>
    </>
  )
}

function Rows({ webhooks, find }: { webhooks: Webhook[]; find: string }) {
  const series = useAnswer<Series>('/v1/stats/series', { query: { since: '24h' }, everyMs: 30_000 })
  const problems = useAnswer<{ data: Problem[] }>('/v1/problems', { query: { since: '24h' } })
  const [selected, choose] = useState<ReadonlySet<string>>(new Set())
  const [, go] = useLocation()
  const isOperator = useMay('operator')
  const rows = webhooks
    .filter((webhook) => isFound(webhook, find))
    .map((webhook): Row => {
      const ownSeries = series.data?.webhooks.find((one) => one.webhook === webhook.id)
      const problem = problems.data?.data.find((one) => one.webhook === webhook.id && one.lastAt)
      return { ...webhook, series: ownSeries, problem }
    })
  const chosen = new Set(rows.map(({ id }) => id).filter((id) => selected.has(id)))
  if (rows.length === 0)
    return <p className="muted">No webhook has “{find}” in its name, URL or events.</p>
  return (
    <div className="stack">
      {chosen.size > 0 && <BulkPause chosen={chosen} done={() => choose(new Set())} />}
      <DataTable
        caption="Webhooks"
        columns={COLUMNS}
        rows={rows}
        keyOf={({ id }) => id}
        open={({ id }) => go(`/settings/webhooks/${id}`)}
        {...(isOperator && { selection: { chosen, choose } })}
      />
    </div>
  )
}

function BulkPause({ chosen, done }: { chosen: ReadonlySet<string>; done: () => void }) {
  const act = useAction(async (verb: 'pause' | 'resume') => {
    for (const id of chosen) await call(`/v1/webhooks/${id}/${verb}`, { method: 'POST', body: {} })
    done()
  })
  const webhooks = plural(chosen.size, 'webhook')
  return (
    <div className="row">
      {act.error && <ErrorNote error={act.error} />}
      {(['pause', 'resume'] as const).map((verb) => (
        <Button
          key={verb}
          size="compact-sm"
          variant="default"
          loading={act.isPending}
          onClick={() => act.mutate(verb)}
        >
          {verb === 'pause' ? 'Pause' : 'Resume'} {webhooks}
        </Button>
      ))}
    </div>
  )
}

function NoWebhooks() {
  const isAdmin = useMay('admin')
  return (
    <Empty title="There is no webhook yet">
      <p style={{ margin: 0 }}>A webhook is a name, the events it wants, and where they go.</p>
      {isAdmin && (
        <div>
          <Button component={Link} href="/settings/webhooks/new">
            Create your first webhook
          </Button>
        </div>
      )}
    </Empty>
  )
}

function EventNames({ events }: { events: string[] }) {
  const [first = ''] = events
  return (
    <span title={events.join(', ')}>
      {first === '*' ? 'all' : first}
      {events.length > 1 && <span className="muted"> +{events.length - 1}</span>}
    </span>
  )
}

function isFound({ name, events, target }: Webhook, find: string): boolean {
  const text = [name, target.url, ...events].join('\n').toLowerCase()
  return text.includes(find.trim().toLowerCase())
}

function successText(series: Row['series']): string {
  if (!series) return '–'
  return shareText(series.delivered, series.delivered + series.failed + series.unknown)
}

/** What the guide calls the notification types. */
export function typeName(type: Webhook['target']['type']): string {
  return type === 'slack' ? 'Slack' : 'REST'
}

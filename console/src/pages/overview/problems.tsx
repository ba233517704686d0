import { Button } from '@mantine/core'
import { Link } from 'wouter'
import { usePost } from '../../api/actions.ts'
import { useAnswer } from '../../api/queries.ts'
import { useMay } from '../../api/session.ts'
import type { Page, Problem, Webhook } from '../../api/types.ts'
import { plural } from '../../format/number.ts'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { ProblemBadge, WebhookBadge } from '../../parts/state-badge.tsx'
import { TimeText } from '../../parts/time-text.tsx'
import { Table } from '../../parts/table.tsx'

const HEADS = [
  { title: 'Webhook', className: 'first' },
  'What',
  { title: 'Deliveries', className: 'end' },
  'Since',
  'Last',
  'State',
  { title: 'Actions', isHidden: true },
]

/** Failures by webhook and code, and webhooks that get nothing: each with what can be done. */
export function Problems({ since }: { since: string }) {
  const problems = useAnswer<{ data: Problem[] }>('/v1/problems', {
    query: { since },
    everyMs: 5_000,
  })
  const disabled = useAnswer<Page<Webhook>>('/v1/webhooks', {
    query: { state: 'disabled', limit: 20 },
    everyMs: 10_000,
  })
  return (
    <Loaded query={problems}>
      {({ data }) => {
        const stopped = disabled.data?.data ?? []
        if (data.length + stopped.length === 0)
          return <p className="muted">Nothing: no delivery of this window has failed.</p>
        return (
          <Table caption="Needs attention" heads={HEADS}>
            {stopped.map((webhook) => (
              <DisabledRow key={webhook.id} webhook={webhook} />
            ))}
            {data.map((problem) => (
              <ProblemRow key={problem.id} problem={problem} />
            ))}
          </Table>
        )
      }}
    </Loaded>
  )
}

function ProblemRow({ problem }: { problem: Problem }) {
  const { webhook, name, code, state, failed, retrying, firstAt, lastAt, example } = problem
  return (
    <tr>
      <td className="first">
        <Link href={`/settings/webhooks/${webhook}`}>{name}</Link>
      </td>
      <td>{example ? <Link href={`/deliveries/${example}`}>{code}</Link> : code}</td>
      <td className="end">
        <Link href={`/deliveries?webhook=${webhook}&code=${code}`}>
          {failed > 0 && `${failed} failed`}
          {failed > 0 && retrying > 0 && ', '}
          {retrying > 0 && `${retrying} retrying`}
          {failed + retrying === 0 && 'none left'}
        </Link>
      </td>
      <td>{firstAt ? <TimeText at={firstAt} /> : '–'}</td>
      <td>{lastAt ? <TimeText at={lastAt} /> : '–'}</td>
      <td>
        <ProblemBadge state={state} />
      </td>
      <td className="end">
        <ProblemActions problem={problem} />
      </td>
    </tr>
  )
}

function ProblemActions({
  problem: { id, state, webhook, code, failed, firstAt, example },
}: {
  problem: Problem
}) {
  const isOperator = useMay('operator')
  const post = usePost<Problem>()
  if (!isOperator) return example ? <Link href={`/deliveries/${example}`}>Open</Link> : null
  const query = new URLSearchParams({
    webhook,
    code,
    state: 'failed',
    ...(firstAt && { from: firstAt }),
  })
  const mark = (verb: string) => post.mutate(`/v1/problems/${id}/${verb}`)
  return (
    <div className="row" style={{ justifyContent: 'flex-end', flexWrap: 'nowrap' }}>
      {post.error && <ErrorNote error={post.error} />}
      {failed > 0 && (
        <Button
          component={Link}
          href={`/replays/new?${query.toString()}`}
          size="compact-sm"
          variant="default"
        >
          Replay {plural(failed, 'delivery', 'deliveries')}…
        </Button>
      )}
      {state === 'open' && (
        <Button size="compact-sm" variant="subtle" onClick={() => mark('acknowledge')}>
          Acknowledge
        </Button>
      )}
      {state === 'acknowledged' && (
        <Button size="compact-sm" variant="subtle" onClick={() => mark('resolve')}>
          Resolve
        </Button>
      )}
      {state === 'resolved' && (
        <Button size="compact-sm" variant="subtle" onClick={() => mark('reopen')}>
          Take back
        </Button>
      )}
    </div>
  )
}

function DisabledRow({ webhook: { id, name, stateReason } }: { webhook: Webhook }) {
  return (
    <tr>
      <td className="first">
        <Link href={`/settings/webhooks/${id}`}>{name}</Link>
      </td>
      <td className="wide">{stateReason?.detail ?? 'It was disabled.'}</td>
      <td className="end">–</td>
      <td>{stateReason ? <TimeText at={stateReason.at} /> : '–'}</td>
      <td>–</td>
      <td>
        <WebhookBadge state="disabled" />
      </td>
      <td className="end">
        <Link href={`/settings/webhooks/${id}/test`}>Send a test</Link>
      </td>
    </tr>
  )
}

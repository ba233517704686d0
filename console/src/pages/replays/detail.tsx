import { Button, Progress } from '@mantine/core'
import { Link, useParams } from 'wouter'
import { usePost } from '../../api/actions.ts'
import { useAnswer } from '../../api/queries.ts'
import { useMay } from '../../api/session.ts'
import type { Replay, Webhook } from '../../api/types.ts'
import { useClock } from '../../app/clock.tsx'
import { countText } from '../../format/number.ts'
import { spanText } from '../../format/time.ts'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page.tsx'
import { ReplayBadge } from '../../parts/state-badge.tsx'
import { TemporalLink } from '../../parts/temporal-link.tsx'
import { TimeText } from '../../parts/time-text.tsx'
import { filterText } from './filter-text.ts'

export default function ReplayPage() {
  const { id = '' } = useParams()
  const query = useAnswer<Replay>(`/v1/replays/${id}`, { everyMs: 1_000 })
  return <Loaded query={query}>{(replay) => <ReplayView key={replay.id} replay={replay} />}</Loaded>
}

function ReplayView({ replay }: { replay: Replay }) {
  const { state, filter, missing, selected, sent, rate } = replay
  const { zone } = useClock()
  const text = filterText(filter, missing, zone)
  return (
    <>
      <PageHead
        name={`Replay: ${text}`}
        title={
          <span className="row">
            <ReplayBadge state={state} /> Replay: {text}
          </span>
        }
        actions={<Actions replay={replay} />}
      />
      <div className="stack stack-wide narrow">
        <div className="stack">
          <Progress value={(100 * sent) / Math.max(selected, 1)} aria-label="Handed over" />
          <div className="row row-spread numbers">
            <span>
              {countText(sent)} of {countText(selected)} handed over, {rate} a second
            </span>
            {state === 'running' && <span>{spanText(replay.estimatedSeconds * 1_000)} left</span>}
          </div>
        </div>
        <Facts replay={replay} />
      </div>
    </>
  )
}

function Facts({ replay }: { replay: Replay }) {
  const { filter, sent, done, failed, passedOver } = replay
  return (
    <dl className="facts">
      <dt>Delivered</dt>
      <dd className="tone-good">{countText(done)}</dd>
      <dt>Failed again</dt>
      <dd className={failed > 0 ? 'tone-bad' : ''}>{countText(failed)}</dd>
      <dt>Under way</dt>
      <dd>{countText(Math.max(sent - done - failed - passedOver, 0))}</dd>
      <dt>Passed over</dt>
      <dd>{countText(passedOver)} (webhook not active, or somebody else redelivered them)</dd>
      {filter.webhook && <WebhookFact id={filter.webhook} />}
      <dt>Started</dt>
      <dd>
        <TimeText at={replay.createdAt} exact />
      </dd>
      {replay.finishedAt && (
        <>
          <dt>Ended</dt>
          <dd>
            <TimeText at={replay.finishedAt} exact />
          </dd>
        </>
      )}
    </dl>
  )
}

function WebhookFact({ id }: { id: string }) {
  const { data } = useAnswer<Webhook>(`/v1/webhooks/${id}`)
  return (
    <>
      <dt>Webhook</dt>
      <dd>
        <Link href={`/settings/webhooks/${id}`}>{data?.name ?? id}</Link>
      </dd>
    </>
  )
}

function Actions({ replay: { id, state, links } }: { replay: Replay }) {
  const isOperator = useMay('operator')
  const post = usePost<Replay>()
  const act = (verb: string) => post.mutate(`/v1/replays/${id}/${verb}`)
  const isOver = state === 'completed' || state === 'cancelled'
  return (
    <>
      {post.error && <ErrorNote error={post.error} />}
      {isOperator && state === 'running' && (
        <Button size="compact-sm" variant="default" onClick={() => act('pause')}>
          Pause
        </Button>
      )}
      {isOperator && state === 'paused' && (
        <Button size="compact-sm" onClick={() => act('resume')}>
          Resume
        </Button>
      )}
      {isOperator && !isOver && (
        <Button size="compact-sm" variant="default" onClick={() => act('cancel')}>
          Cancel the rest
        </Button>
      )}
      <TemporalLink href={links.temporal} />
    </>
  )
}

import { Link } from 'wouter'
import { useAnswer } from '../../api/queries.ts'
import type { DeliverySummary, Page } from '../../api/types.ts'
import { useServers } from '../../app/servers-note.tsx'
import { TimeText } from '../../parts/time-text.tsx'

/** Whether the servers answer, and how long the oldest delivery has been owed. */
export function HealthStrip() {
  const { data } = useServers()
  return (
    <div className="strip" role="group" aria-label="Health">
      <Server name="herald" ok={data?.herald} />
      <Server name="MongoDB" ok={data?.mongo} />
      <Server name="Temporal" ok={data?.temporal} />
      <Server name="worker" ok={data?.worker} />
      <OldestRetrying />
    </div>
  )
}

function Server({ name, ok }: { name: string; ok: boolean | undefined }) {
  const tone = ok === undefined ? 'quiet' : ok ? 'good' : 'bad'
  const word = ok === undefined ? 'asked' : ok ? 'answers' : 'does not answer'
  return (
    <span>
      <span className={`dot dot-${tone}`} aria-hidden="true" /> {name}{' '}
      <span className={ok === false ? 'tone-bad' : 'muted'}>{word}</span>
    </span>
  )
}

function OldestRetrying() {
  const { data } = useAnswer<Page<DeliverySummary>>('/v1/deliveries', {
    query: { state: 'retrying', limit: 1 },
    everyMs: 10_000,
  })
  const [newest] = data?.data ?? []
  if (!data) return null
  return (
    <span>
      {newest ? (
        <>
          last one that retries: <TimeText at={newest.createdAt} />,{' '}
          <Link href="/deliveries?state=retrying">show all</Link>
        </>
      ) : (
        <span className="muted">nothing retries</span>
      )}
    </span>
  )
}

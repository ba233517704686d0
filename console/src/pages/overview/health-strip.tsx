import { Link } from 'wouter'
import { useServers } from '../../app/servers-note.tsx'
import { TimeText } from '../../parts/time-text.tsx'
import { useOwed } from './figures.tsx'

/** Whether the servers answer, and how long the oldest delivery has been owed. */
export function HealthStrip() {
  const { data } = useServers()
  return (
    <div className="strip" role="group" aria-label="Health">
      <Server name="herald" ok={data?.herald} />
      <Server name="MongoDB" ok={data?.mongo} />
      <Server name="Temporal" ok={data?.temporal} />
      <Server name="worker" ok={data?.worker} />
      <Oldest />
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

function Oldest() {
  const owed = useOwed()
  if (!owed) return null
  if (!owed.oldestAt) return <span className="muted">nothing is owed</span>
  return (
    <span>
      oldest that is owed: <TimeText at={owed.oldestAt} />
      {owed.retrying > 0 && (
        <>
          , <Link href="/deliveries?state=retrying">show what retries</Link>
        </>
      )}
    </span>
  )
}

import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { Attempt } from '../../api/types.ts'
import { curlOf } from '../../format/curl.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { TextView } from '../../parts/json-view.tsx'
import { PhaseBar } from '../../parts/phase-bar.tsx'
import { TimeText } from '../../parts/time-text.tsx'

const VIEWS = ['Response', 'Request', 'Body'] as const
type View = (typeof VIEWS)[number]

/** What was sent, what came back, and where the time went. */
export function AttemptView({ attempt, body }: { attempt: Attempt; body: string }) {
  const [view, setView] = useState<View>('Response')
  const curl = curlOf(attempt, body)
  return (
    <div className="panel stack">
      <div className="row row-spread">
        <span>
          <TimeText at={attempt.startedAt} exact />
          {attempt.reconnected && ', once more over a fresh connection'}
        </span>
        {curl && <CopyButton text={curl} what="the request as curl" label="Copy as curl" />}
      </div>
      {attempt.timings && <PhaseBar timings={attempt.timings} />}
      {attempt.detail && <div className="mono">{attempt.detail}</div>}
      <div>
        <SegmentedControl
          size="xs"
          data={[...VIEWS]}
          value={view}
          onChange={(value) => setView(value)}
          aria-label="What to show of the attempt"
        />
      </div>
      {view === 'Response' && <Response attempt={attempt} />}
      {view === 'Request' && <Request attempt={attempt} />}
      {view === 'Body' && <TextView text={body} label="Body, as every attempt sends it" />}
    </div>
  )
}

function Response({ attempt: { response, outcome } }: { attempt: Attempt }) {
  if (!response)
    return (
      <p className="muted" style={{ margin: 0 }}>
        {outcome === 'unknown' ? 'The worker died; perhaps it was sent.' : 'Nothing came back.'}
      </p>
    )
  const { status, headers, body, truncated } = response
  return (
    <div className="stack">
      <div>
        <strong>{status}</strong>
      </div>
      <Headers headers={headers} />
      {body ? (
        <TextView text={body} label={truncated ? 'Answer, its beginning' : 'Answer'} />
      ) : (
        <p className="muted">The answer had no body.</p>
      )}
    </div>
  )
}

function Request({ attempt: { request } }: { attempt: Attempt }) {
  if (!request) return <p className="muted">It is not on record: the worker died.</p>
  return (
    <div className="stack">
      <div className="mono" style={{ overflowWrap: 'anywhere' }}>
        {request.method} {request.url}
      </div>
      <Headers headers={request.headers} />
    </div>
  )
}

function Headers({ headers }: { headers: Record<string, string> }) {
  return (
    <dl className="facts mono">
      {Object.entries(headers).map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

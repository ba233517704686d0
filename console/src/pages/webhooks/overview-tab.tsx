import { Link } from 'wouter'
import { useAnswer } from '../../api/queries.ts'
import type { Series, Webhook } from '../../api/types.ts'
import { countText, plural } from '../../format/number.ts'
import { IdText } from '../../parts/id-text.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { TimeText } from '../../parts/time-text.tsx'
import { Charts } from '../overview/charts.tsx'
import { Plan } from './retry-field.tsx'
import { typeName } from './list.tsx'

/** How it does, what it is owed, and how it is set. */
export function OverviewTab({ webhook }: { webhook: Webhook }) {
  const series = useAnswer<Series>('/v1/stats/series', {
    query: { since: '24h', webhook: webhook.id },
    everyMs: 10_000,
  })
  return (
    <div className="stack stack-wide">
      <Lane webhook={webhook} />
      <Loaded query={series}>{(data) => <Charts series={data} />}</Loaded>
      <Section title="How it is set">
        <Facts webhook={webhook} />
      </Section>
    </div>
  )
}

/** What it is owed, and when a limited one is through. */
function Lane({ webhook: { id, owed, rateLimit } }: { webhook: Webhook }) {
  if (!owed) return null
  const { pending, held, retrying, throughAt, sentInWindow } = owed
  if (pending + held + retrying === 0 && !rateLimit)
    return <p className="muted">It is owed nothing.</p>
  return (
    <div className="strip" role="group" aria-label="Owed">
      <Link href={`/deliveries?webhook=${id}&state=retrying`}>{countText(retrying)} retrying</Link>
      <span>{countText(pending)} pending</span>
      {rateLimit && (
        <>
          <Link href={`/deliveries?webhook=${id}&state=held`}>{countText(held)} held</Link>
          <span className="numbers">
            {sentInWindow ?? 0} of {rateLimit.limit} sent in the last {rateLimit.per}
          </span>
          {throughAt && (
            <span>
              clear <TimeText at={throughAt} />
            </span>
          )}
        </>
      )}
    </div>
  )
}

function Facts({ webhook }: { webhook: Webhook }) {
  const { target, events, filter, signature, format, success, retry, rateLimit, concurrency } =
    webhook
  return (
    <dl className="facts">
      <dt>Webhook</dt>
      <dd>
        <IdText id={webhook.id} most={40} />
      </dd>
      <dt>Notification Type</dt>
      <dd>{typeName(target.type)}</dd>
      <dt>URL</dt>
      <dd className="mono">{target.url}</dd>
      <dt>Events</dt>
      <dd>{events.join(', ')}</dd>
      {filter && (
        <>
          <dt>Filter</dt>
          <dd className="mono">{filter}</dd>
        </>
      )}
      <dt>Retry schedule</dt>
      <dd>
        <Plan retry={retry} />
      </dd>
      <dt>Rate limit</dt>
      <dd>
        {rateLimit ? `${plural(rateLimit.limit, 'request')} in any ${rateLimit.per}` : 'none'}
      </dd>
      <dt>Open requests</dt>
      <dd>at most {concurrency}</dd>
      <dt>A success is</dt>
      <dd>{success === '200' ? '200 only' : 'any 2xx'}</dd>
      <dt>Format, signature</dt>
      <dd>
        {format}, {signature.scheme}
      </dd>
      <dt>Timeout</dt>
      <dd>{target.timeout}</dd>
      <dt>Changed</dt>
      <dd>
        <TimeText at={webhook.updatedAt} exact />, version {webhook.version}
      </dd>
    </dl>
  )
}

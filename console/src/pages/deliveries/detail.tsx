import { Button } from '@mantine/core'
import { useState } from 'react'
import { Link, useParams } from 'wouter'
import { useAnswer } from '../../api/queries.ts'
import { useMay } from '../../api/session.ts'
import type { Delivery, Webhook } from '../../api/types.ts'
import { diagnose } from '../../format/diagnosis.ts'
import { DELIVERY_STATES, isOpen } from '../../format/state.ts'
import { IdText } from '../../parts/id-text.tsx'
import { useKeys } from '../../parts/keys.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead, Section } from '../../parts/page.tsx'
import { StagesLine } from '../../parts/stages-line.tsx'
import { DeliveryBadge } from '../../parts/state-badge.tsx'
import { TemporalLink } from '../../parts/temporal-link.tsx'
import { TimeText } from '../../parts/time-text.tsx'
import { AttemptView } from './attempt.tsx'
import { type Redelivery, useRedelivery } from './redelivery.ts'
import { SimilarFailures } from './similar-failures.tsx'

/** One event on its way to one webhook: what happened, and what to do. */
export default function DeliveryPage() {
  const { id = '' } = useParams()
  const query = useAnswer<Delivery>(`/v1/deliveries/${id}`, { everyMs: 2_000 })
  return (
    <Loaded query={query}>
      {(delivery) => <DeliveryView key={delivery.id} delivery={delivery} />}
    </Loaded>
  )
}

function DeliveryView({ delivery }: { delivery: Delivery }) {
  const { state, type, webhook: webhookId, attempts, stages, body, nextAttemptAt } = delivery
  const { data: webhook } = useAnswer<Webhook>(`/v1/webhooks/${webhookId}`)
  const redelivery = useRedelivery(delivery)
  const name = webhook?.name ?? webhookId
  return (
    <>
      <PageHead
        name={`${DELIVERY_STATES[state].word}: ${type} to ${name}`}
        title={
          <span className="row">
            <DeliveryBadge state={state} />
            <span>
              {type} → <Link href={`/settings/webhooks/${webhookId}`}>{name}</Link>
            </span>
          </span>
        }
        actions={<Actions delivery={delivery} redelivery={redelivery} />}
      />
      <div className="stack stack-wide">
        <StagesLine stages={stages} attempts={attempts.length} />
        {redelivery.word && (
          <div className="note" role="status">
            {redelivery.word}
          </div>
        )}
        {nextAttemptAt && isOpen(state) && (
          <div className="note">
            Next attempt <TimeText at={nextAttemptAt} />
            {state === 'held' && ', as the rate limit lets it'}
          </div>
        )}
        <DiagnosisNote delivery={delivery} />
        <Attempts attempts={attempts} body={body} />
        <Facts delivery={delivery} />
      </div>
    </>
  )
}

function DiagnosisNote({ delivery }: { delivery: Delivery }) {
  const { happened, todo } = diagnose(delivery)
  const tone = { good: 'good', bad: 'bad', warn: 'warn' }[
    DELIVERY_STATES[delivery.state].tone as string
  ]
  return (
    <section className={`note ${tone ? `note-${tone}` : ''}`} aria-label="Diagnosis">
      <div>
        <strong>What happened:</strong> {happened}
      </div>
      <div>
        <strong>What to do:</strong> {todo}{' '}
        {delivery.links.help && <a href={delivery.links.help}>More about it</a>}
      </div>
      <SimilarFailures delivery={delivery} />
    </section>
  )
}

function Actions({ delivery, redelivery }: { delivery: Delivery; redelivery: Redelivery }) {
  const { state, links } = delivery
  const isOperator = useMay('operator')
  const isOwed = isOpen(state)
  useKeys({ r: () => isOperator && !redelivery.isBusy && redelivery.redeliver() })
  return (
    <>
      {isOperator && (
        <Button size="compact-sm" loading={redelivery.isBusy} onClick={redelivery.redeliver}>
          {isOwed ? 'Try now' : 'Redeliver'}
        </Button>
      )}
      {isOperator && isOwed && (
        <Button size="compact-sm" variant="default" onClick={redelivery.cancel}>
          Cancel attempts
        </Button>
      )}
      <TemporalLink href={links.temporal} />
    </>
  )
}

function Attempts({ attempts, body }: Pick<Delivery, 'attempts' | 'body'>) {
  const [number, setNumber] = useState<number>()
  const newestFirst = attempts.toReversed()
  const shown = attempts.find((one) => one.number === number) ?? newestFirst[0]
  if (!shown) return null
  return (
    <Section title="Attempts">
      <div className="attempt-tabs" role="group" aria-label="Attempts, newest first">
        {newestFirst.map((attempt) => (
          <button
            key={attempt.number}
            type="button"
            aria-pressed={attempt.number === shown.number}
            onClick={() => setNumber(attempt.number)}
          >
            {attempt.number} {attempt.outcome === 'delivered' ? '✓' : '✕'}{' '}
            {attempt.status ?? attempt.code ?? attempt.outcome}
          </button>
        ))}
      </div>
      <AttemptView attempt={shown} body={body} />
    </Section>
  )
}

function Facts({ delivery }: { delivery: Delivery }) {
  const { id, event, subject, workflow, createdAt, finishedAt, test } = delivery
  return (
    <Section title="About it">
      <dl className="facts">
        <dt>Delivery</dt>
        <dd>
          <IdText id={id} most={40} />
        </dd>
        <dt>Event</dt>
        <dd>
          <Link href={`/events/${event}`}>{event}</Link>
          {test && ' (a test)'}
        </dd>
        {subject && (
          <>
            <dt>Subject</dt>
            <dd>{subject}</dd>
          </>
        )}
        <dt>Created</dt>
        <dd>
          <TimeText at={createdAt} exact />
        </dd>
        {finishedAt && (
          <>
            <dt>Finished</dt>
            <dd>
              <TimeText at={finishedAt} exact />
            </dd>
          </>
        )}
        <dt>Workflow</dt>
        <dd className="mono">{workflow}</dd>
      </dl>
    </Section>
  )
}

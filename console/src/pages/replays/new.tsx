import { Button, NumberInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { useAction } from '../../api/actions.ts'
import { call } from '../../api/call.ts'
import { useAnswer } from '../../api/queries.ts'
import type { DeliverySummary, Page, Replay, ReplayCount } from '../../api/types.ts'
import { useWebhookNames } from '../../api/webhooks.ts'
import { plural } from '../../format/number.ts'
import { ErrorNote } from '../../parts/error-note.tsx'
import { useFilters } from '../../parts/filters.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead, Section } from '../../parts/page.tsx'
import { DeliveryTable } from '../deliveries/delivery-table.tsx'
import { Choice, type ReplayFilters, replayFilters } from './choice.tsx'
import { CountNote } from './counted.tsx'

/** Says what a replay would send, to whom and how long, before it begins. */
export default function NewReplayPage() {
  const [chosen, change] = useFilters(replayFilters)
  // what comes while one reads is neither counted nor sent
  const [openedAt] = useState(() => new Date().toISOString())
  const given = { ...chosen, to: chosen.to ?? openedAt }
  const [rate, setRate] = useState(50)
  const names = useWebhookNames()
  return (
    <div className="narrow">
      <PageHead title="Start a replay" />
      <div className="stack stack-wide">
        <Choice given={chosen} change={change} names={names} />
        <NumberInput
          label="Deliveries a second"
          min={1}
          max={1_000}
          w={180}
          value={rate}
          onChange={(value) => typeof value === 'number' && setRate(value)}
        />
        <Start input={inputOf(given)} rate={rate} />
        {!given.missing && <Sample given={given} names={names} />}
      </div>
    </div>
  )
}

/** The count of these very filters, and the button that sends what was counted. */
function Start({ input, rate }: { input: object; rate: number }) {
  const [countedRate] = useDebouncedValue(rate, 300)
  const [, go] = useLocation()
  const count = useQuery({
    queryKey: ['replay-count', input, countedRate],
    queryFn: ({ signal }) => {
      const body = { ...input, rate: countedRate, dryRun: true }
      return call<ReplayCount>('/v1/replays', { method: 'POST', body, signal })
    },
  })
  const start = useAction(async () => {
    const { id } = await call<Replay>('/v1/replays', {
      method: 'POST',
      body: { ...input, rate },
    })
    go(`/replays/${id}`)
  })
  return (
    <Loaded query={count}>
      {(counted) => (
        <div className="stack">
          <CountNote counted={counted} />
          {start.error && <ErrorNote error={start.error} />}
          <div>
            <Button
              disabled={counted.count === 0}
              loading={start.isPending}
              onClick={() => start.mutate(undefined)}
            >
              Replay {plural(counted.count, 'delivery', 'deliveries')}
            </Button>
          </div>
        </div>
      )}
    </Loaded>
  )
}

type SampleProps = { given: ReplayFilters; names: ReadonlyMap<string, string> }

/** The newest of them, so that one sees what one is about to send. */
function Sample({ given, names }: SampleProps) {
  const { missing: _missing, ...query } = given
  const sample = useAnswer<Page<DeliverySummary>>('/v1/deliveries', {
    query: { ...query, state: query.state ?? 'failed', limit: 5 },
  })
  return (
    <Section title="The newest of them">
      <Loaded query={sample}>
        {({ data }) =>
          data.length === 0 ? (
            <p className="muted">None of them {given.state ? `is ${given.state}` : 'failed'}.</p>
          ) : (
            <DeliveryTable rows={data} names={names} />
          )
        }
      </Loaded>
    </Section>
  )
}

function inputOf({ missing, status, attempts, ...texts }: ReplayFilters) {
  return {
    filter: {
      ...texts,
      ...(status && { status: Number(status) }),
      ...(attempts && { attempts: Number(attempts) }),
    },
    missing: missing === '1',
    force: texts.state === 'delivered',
  }
}

import { Autocomplete, Button, JsonInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { useAction } from '../../api/actions.ts'
import { call } from '../../api/call.ts'
import { useAnswer } from '../../api/queries.ts'
import { exampleText, useEventTypes } from '../../api/event-types.ts'
import type { Delivery, EventType, Webhook } from '../../api/types.ts'
import { isJsonText } from '../../format/json.ts'
import { ErrorNote } from '../../parts/error-note.tsx'
import { DeliveryBadge } from '../../parts/state-badge.tsx'
import { AttemptView } from '../deliveries/attempt.tsx'
import { NewSecret } from './new-secret-note.tsx'

type Tested = { event: string; delivery: string; result?: Delivery }
type Draft = { type: string; data: string }

/** Sends a test by the real way, and shows the real attempt. What was sent is remembered for this webhook. */
export function TestTab({ webhook }: { webhook: Webhook }) {
  const send = useAction((given: Draft) =>
    call<Tested>(`/v1/webhooks/${webhook.id}/test`, {
      method: 'POST',
      body: { type: given.type, data: JSON.parse(given.data) as unknown },
      headers: { prefer: 'wait=10' },
    }),
  )
  return (
    <div className="stack narrow">
      <NewSecret webhook={webhook} />
      <TestForm webhook={webhook} send={send.mutate} isBusy={send.isPending} error={send.error} />
      {send.data && <Result key={send.data.delivery} tested={send.data} />}
    </div>
  )
}

type FormProps = {
  webhook: Webhook
  send: (draft: Draft) => void
  isBusy: boolean
  error: unknown
}

function TestForm({ webhook, send, isBusy, error }: FormProps) {
  const types = useEventTypes()
  const [draft, set] = useRemembered(webhook, types)
  const isJson = isJsonText(draft.data)
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (isJson) send(draft)
      }}
    >
      <Autocomplete
        label="Event type"
        required
        data={types.map(({ name }) => name)}
        value={draft.type}
        onChange={(type) => set({ type })}
        onOptionSubmit={(type) => set({ type, data: exampleOf(types, type) })}
      />
      <JsonInput
        label="Data"
        required
        autosize
        minRows={4}
        maxRows={24}
        classNames={{ input: 'mono' }}
        value={draft.data}
        error={isJson ? undefined : 'This is not JSON.'}
        onChange={(data) => set({ data })}
      />
      {Boolean(error) && <ErrorNote error={error} />}
      <div>
        <Button type="submit" loading={isBusy} disabled={!isJson || draft.type === ''}>
          Send test
        </Button>
      </div>
    </form>
  )
}

/** The attempt as it was; while none is there the delivery is asked for until one is. */
function Result({ tested }: { tested: Tested }) {
  const later = useAnswer<Delivery>(`/v1/deliveries/${tested.delivery}`, { everyMs: 1_000 })
  const delivery = later.data ?? tested.result
  const attempt = delivery?.attempts.at(-1)
  if (!delivery || !attempt)
    return (
      <p className="note" role="status">
        The test is on its way; its receiver takes its time.
      </p>
    )
  return (
    <section className="stack" aria-label="Result of the test">
      <div className="row" role="status">
        <DeliveryBadge state={delivery.state} />
        <span>
          attempt {attempt.number} · {attempt.status ?? attempt.code ?? attempt.outcome}
        </span>
        <Link href={`/deliveries/${delivery.id}`}>Open the delivery</Link>
      </div>
      <AttemptView attempt={attempt} body={delivery.body} />
    </section>
  )
}

function useRemembered(
  webhook: Webhook,
  types: EventType[],
): [Draft, (change: Partial<Draft>) => void] {
  const key = `herald.test.${webhook.id}`
  const [draft, setDraft] = useState<Draft | undefined>(() => {
    const text = localStorage.getItem(key)
    return text ? (JSON.parse(text) as Draft) : undefined
  })
  useEffect(() => {
    if (draft) localStorage.setItem(key, JSON.stringify(draft))
  }, [key, draft])
  const type = typeOf(webhook, types)
  const first = { type, data: exampleOf(types, type) }
  return [draft ?? first, (change) => setDraft((before) => ({ ...first, ...before, ...change }))]
}

/** The first type that the webhook wants; of a glob the first of the catalogue that it names. */
function typeOf({ events }: Webhook, types: EventType[]): string {
  const [first = ''] = events
  if (!first.includes('*')) return first
  const parts = first
    .split('*')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const pattern = new RegExp(`^${parts.join('.*')}$`)
  return types.find(({ name }) => pattern.test(name))?.name ?? types[0]?.name ?? ''
}

function exampleOf(types: EventType[], name: string): string {
  return exampleText(types, name) ?? '{\n  "hello": "world"\n}'
}

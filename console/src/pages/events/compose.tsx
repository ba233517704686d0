import { Autocomplete, Button, JsonInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useSearch } from 'wouter'
import { useAction } from '../../api/actions.ts'
import { call } from '../../api/call.ts'
import { exampleText, useEventTypes } from '../../api/event-types.ts'
import { useAnswer } from '../../api/queries.ts'
import type { StoredEvent } from '../../api/types.ts'
import { isJsonText } from '../../format/json.ts'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page.tsx'
import { Sent, type SentEvent } from './sent.tsx'

type Draft = { type: string; subject: string; reference: string; data: string; context: string }
const EMPTY: Draft = { type: '', subject: '', reference: '', data: '{}', context: '' }

/** Posts an event as a service would; from another one where the address names it. */
export default function ComposePage() {
  const from = new URLSearchParams(useSearch()).get('from') ?? ''
  const source = useAnswer<StoredEvent>(`/v1/events/${from}`, { enabled: from !== '' })
  return (
    <div className="narrow">
      <PageHead title={from ? 'Send an event again as a new one' : 'Send an event'} />
      {from ? (
        <Loaded query={source}>
          {(event) => <Composer key={event.id} first={draftOf(event)} />}
        </Loaded>
      ) : (
        <Composer first={EMPTY} />
      )}
    </div>
  )
}

function Composer({ first }: { first: Draft }) {
  const [draft, setDraft] = useState(first)
  const send = useAction((given: Draft) =>
    call<SentEvent>('/v1/events', {
      method: 'POST',
      body: inputOf(given),
      headers: { prefer: 'wait=5' },
    }),
  )
  const isJson = isJsonText(draft.data) && isJsonText(draft.context || '{}')
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (isJson) send.mutate(draft)
      }}
    >
      <Fields draft={draft} set={(change) => setDraft((before) => ({ ...before, ...change }))} />
      {send.error && <ErrorNote error={send.error} />}
      {send.data && <Sent sent={send.data} />}
      <div className="row">
        <Button type="submit" loading={send.isPending} disabled={!isJson || draft.type === ''}>
          Send the event
        </Button>
      </div>
    </form>
  )
}

function Fields({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  const types = useEventTypes()
  return (
    <>
      <Autocomplete
        label="Event type"
        description="A type of the catalogue brings its example."
        required
        data={types.map(({ name }) => name)}
        value={draft.type}
        onChange={(type) => set({ type })}
        onOptionSubmit={(type) => set({ type, data: exampleText(types, type) ?? draft.data })}
      />
      <TextInput
        label="Subject"
        value={draft.subject}
        onChange={(event) => set({ subject: event.currentTarget.value })}
      />
      <TextInput
        label="Reference"
        value={draft.reference}
        onChange={(event) => set({ reference: event.currentTarget.value })}
      />
      <JsonInput
        label="Data"
        required
        autosize
        minRows={8}
        maxRows={30}
        classNames={{ input: 'mono' }}
        value={draft.data}
        error={isJsonText(draft.data) ? undefined : 'This is not JSON.'}
        onChange={(data) => set({ data })}
      />
      <JsonInput
        label="Context"
        description="What the event says besides its data; empty for none."
        autosize
        minRows={2}
        maxRows={12}
        classNames={{ input: 'mono' }}
        value={draft.context}
        error={isJsonText(draft.context || '{}') ? undefined : 'This is not JSON.'}
        onChange={(context) => set({ context })}
      />
    </>
  )
}

function draftOf({ type, subject = '', reference = '', data, context }: StoredEvent): Draft {
  const text = (value: unknown) => JSON.stringify(value, null, 2)
  return { type, subject, reference, data: text(data), context: context ? text(context) : '' }
}

function inputOf({ type, subject, reference, data, context }: Draft) {
  return {
    type,
    ...(subject && { subject }),
    ...(reference && { reference }),
    ...(context && { context: JSON.parse(context) as unknown }),
    data: JSON.parse(data) as unknown,
  }
}

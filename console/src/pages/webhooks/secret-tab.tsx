import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { call } from '../../api/call.ts'
import type { Secrets, Webhook } from '../../api/types.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Section } from '../../parts/page.tsx'
import { TimeText } from '../../parts/time-text.tsx'
import { Snippets } from './snippets.tsx'

/** The secrets that sign now, their rotation, and programs that verify. */
export function SecretTab({ webhook }: { webhook: Webhook }) {
  const { id, signature } = webhook
  const reveal = useAction(() => call<Secrets>(`/v1/webhooks/${id}/secret`))
  const rotate = useAction((overlap: string) =>
    call<Secrets>(`/v1/webhooks/${id}/secret/rotate`, { method: 'POST', body: { overlap } }),
  )
  if (signature.scheme === 'none')
    return <p className="muted">It does not sign. Choose a signature under Settings first.</p>
  const secrets = newest(rotate, reveal)
  return (
    <div className="stack stack-wide narrow">
      <Section title="Secrets">
        {secrets ? (
          <Versions secrets={secrets} />
        ) : (
          <div className="row">
            <Button
              size="compact-sm"
              variant="default"
              loading={reveal.isPending}
              onClick={() => reveal.mutate(undefined)}
            >
              Reveal
            </Button>
            <span className="muted">That it was looked at goes into the audit.</span>
          </div>
        )}
        {reveal.error && <ErrorNote error={reveal.error} />}
      </Section>
      <Section title="Rotate">
        <Rotate rotate={rotate} />
      </Section>
      <Section title="Verify">
        <Snippets webhook={webhook} secret={secrets?.secret ?? undefined} />
      </Section>
    </div>
  )
}

type Rotation = { mutate: (overlap: string) => void; isPending: boolean; error: unknown }

function Rotate({ rotate: { mutate, isPending, error } }: { rotate: Rotation }) {
  const [overlap, setOverlap] = useState('24h')
  return (
    <>
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <TextInput
          label="The old one signs as well for"
          w={230}
          value={overlap}
          onChange={(event) => setOverlap(event.currentTarget.value)}
        />
        <Button variant="default" loading={isPending} onClick={() => mutate(overlap)}>
          Rotate the secret
        </Button>
      </div>
      <p className="muted" style={{ margin: 0 }}>
        Until then requests carry both signatures, so the receiver may change at any moment.
      </p>
      {Boolean(error) && <ErrorNote error={error} />}
    </>
  )
}

function Versions({ secrets: { secrets } }: { secrets: Secrets }) {
  return (
    <ul style={{ listStyle: 'none', margin: 0, padding: 0 }} className="stack">
      {secrets.map(({ value, publicKey, createdAt, expiresAt }, index) => (
        <li key={value} className="panel stack stack-tight">
          <div className="row">
            <code style={{ overflowWrap: 'anywhere' }}>{value}</code>
            <CopyButton text={value} what="the secret" label="Copy" />
          </div>
          {publicKey && (
            <div className="row">
              public key <code style={{ overflowWrap: 'anywhere' }}>{publicKey}</code>
              <CopyButton text={publicKey} what="the public key" />
            </div>
          )}
          <div className="muted">
            {index === 0 ? 'the one to verify with' : 'an older one'}, made{' '}
            <TimeText at={createdAt} />
            {expiresAt && (
              <>
                , signs until <TimeText at={expiresAt} />
              </>
            )}
          </div>
        </li>
      ))}
    </ul>
  )
}

type Action = { data: Secrets | undefined; submittedAt: number }

function newest(...actions: Action[]): Secrets | undefined {
  return actions.filter(({ data }) => data).toSorted((a, b) => b.submittedAt - a.submittedAt)[0]
    ?.data
}

import { Button, PasswordInput, SegmentedControl } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { logIn, useEnter } from '../../api/session.ts'
import type { BegunSession } from '../../api/types.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { PageHead } from '../../parts/page.tsx'

type Kind = 'key' | 'token'

/** With an API key, or the first time with the token that the set-up printed. */
export function LoginPage() {
  const [begun, setBegun] = useState<BegunSession>()
  const enter = useEnter()
  if (begun?.value !== undefined) return <FirstKey value={begun.value} enter={() => enter(begun)} />
  return (
    <main className="content" style={{ maxWidth: 440, margin: '8vh auto' }}>
      <PageHead title="Log in to herald" />
      <LoginForm began={(session) => (session.value ? setBegun(session) : enter(session))} />
    </main>
  )
}

function LoginForm({ began }: { began: (session: BegunSession) => void }) {
  const [kind, setKind] = useState<Kind>('key')
  const [text, setText] = useState('')
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      began(await logIn(kind === 'key' ? { key: text.trim() } : { token: text.trim() }))
    } catch (thrown) {
      setError(thrown)
    }
    setBusy(false)
  }
  const hint = {
    key: 'npm start prints one as HERALD_KEY; an admin makes others under Settings → API keys.',
    token: 'herald setup prints it while there is no admin key; it makes the first one.',
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <SegmentedControl
        value={kind}
        onChange={(value) => setKind(value)}
        data={[
          { value: 'key', label: 'API key' },
          { value: 'token', label: 'First-run token' },
        ]}
        aria-label="What to log in with"
      />
      <PasswordInput
        label={kind === 'key' ? 'API key' : 'First-run token'}
        description={hint[kind]}
        placeholder={kind === 'key' ? 'hk_…' : ''}
        autoComplete="current-password"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        autoFocus
        required
      />
      {error !== undefined && <ErrorNote error={error} />}
      <Button type="submit" loading={isBusy}>
        Log in
      </Button>
    </form>
  )
}

function FirstKey({ value, enter }: { value: string; enter: () => void }) {
  return (
    <main className="content stack" style={{ maxWidth: 560, margin: '8vh auto' }}>
      <PageHead title="Your admin key" />
      <p>
        This is the first admin key. It is shown this once: keep it where you keep passwords. Others
        are made from it.
      </p>
      <div className="row">
        <code style={{ overflowWrap: 'anywhere' }}>{value}</code>
        <CopyButton text={value} what="the key" label="Copy" />
      </div>
      <div>
        <Button onClick={enter}>I have kept it</Button>
      </div>
    </main>
  )
}

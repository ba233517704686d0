import { Button, Select, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { call } from '../../api/call.ts'
import { useList } from '../../api/queries.ts'
import { useSession } from '../../api/session.ts'
import type { ApiKey } from '../../api/types.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { ListPages } from '../../parts/list-pages.tsx'
import { PageHead, Section } from '../../parts/page.tsx'
import { TimeText } from '../../parts/time-text.tsx'
import { Table } from '../../parts/table.tsx'

const HEADS = [
  { title: 'Name', className: 'first' },
  'Key',
  'Role',
  'Tenant',
  'Made',
  'Last used',
  'State',
  { title: 'Actions', isHidden: true },
]

const ROLES = [
  { value: 'ingest', label: 'ingest: sends events' },
  { value: 'viewer', label: 'viewer: looks' },
  { value: 'operator', label: 'operator: also pauses, replays, tests' },
  { value: 'admin', label: 'admin: everything' },
]

/** Which keys live, what each may do, and when it was used last. */
export default function ApiKeysPage() {
  const list = useList<ApiKey>('/v1/api-keys', { query: { limit: 50 } })
  return (
    <>
      <PageHead title="API keys" />
      <div className="stack stack-wide">
        <Section title="Make a key">
          <MakeKey />
        </Section>
        <ListPages query={list} empty={<p className="muted">There is no key.</p>}>
          {(rows) => <Keys rows={rows} />}
        </ListPages>
      </div>
    </>
  )
}

function MakeKey() {
  const [name, setName] = useState('')
  const [role, setRole] = useState('ingest')
  const make = useAction(() =>
    call<ApiKey & { value: string }>('/v1/api-keys', { method: 'POST', body: { name, role } }),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate(undefined, { onSuccess: () => setName('') })
  }
  return (
    <form className="stack" onSubmit={submit}>
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <TextInput
          label="Name"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Role"
          w={280}
          allowDeselect={false}
          data={ROLES}
          value={role}
          onChange={(value) => value && setRole(value)}
        />
        <Button type="submit" loading={make.isPending}>
          Make a key
        </Button>
      </div>
      {make.error && <ErrorNote error={make.error} />}
      {make.data && (
        <div className="note note-good row">
          Its value is shown this once:{' '}
          <code style={{ overflowWrap: 'anywhere' }}>{make.data.value}</code>
          <CopyButton text={make.data.value} what="the key" label="Copy" />
        </div>
      )}
    </form>
  )
}

function Keys({ rows }: { rows: ApiKey[] }) {
  return (
    <Table caption="API keys" heads={HEADS}>
      {rows.map((key) => (
        <KeyRow key={key.id} apiKey={key} />
      ))}
    </Table>
  )
}

function KeyRow({ apiKey }: { apiKey: ApiKey }) {
  const { id, name, last4, role, tenant, createdAt, lastUsedAt, revokedAt, expiresAt } = apiKey
  const { data: session } = useSession()
  const [isAsked, setAsked] = useState(false)
  const revoke = useAction(() => call(`/v1/api-keys/${id}`, { method: 'DELETE' }))
  const isOver =
    Boolean(revokedAt) || (expiresAt !== undefined && Date.parse(expiresAt) < Date.now())
  return (
    <tr className={isOver ? 'stale' : ''}>
      <td className="first">{name}</td>
      <td className="mono">
        {id}…{last4}
      </td>
      <td>{role}</td>
      <td>{tenant ?? 'any'}</td>
      <td>
        <TimeText at={createdAt} />
      </td>
      <td>{lastUsedAt ? <TimeText at={lastUsedAt} /> : 'never'}</td>
      <td>{revokedAt ? '⊘ revoked' : isOver ? '⊘ expired' : '● live'}</td>
      <td>
        {!isOver && !isAsked && (
          <Button size="compact-xs" variant="default" onClick={() => setAsked(true)}>
            Revoke…
          </Button>
        )}
        {isAsked && !revokedAt && (
          <Confirm
            act="Revoke the key"
            isDangerous
            isBusy={revoke.isPending}
            error={revoke.error}
            confirm={() => revoke.mutate(undefined)}
            cancel={() => setAsked(false)}
          >
            {session?.key === id
              ? 'This is the key that you are logged in with: you will be logged out.'
              : `Who uses “${name}” is refused within 5 s.`}
          </Confirm>
        )}
      </td>
    </tr>
  )
}

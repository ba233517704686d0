import { Button, FileButton } from '@mantine/core'
import { useRef, useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { call } from '../../api/call.ts'
import { useMay } from '../../api/session.ts'
import { plural } from '../../format/number.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'

type Imported = { created: number; updated: number; unchanged: number }

const send = (dryRun: boolean) => (body: unknown) =>
  call<Imported>('/v1/event-types/import', { method: 'POST', body, query: { dryRun } })

/** An OpenAPI document with webhooks: what it would change is said first. */
export function Import() {
  const isAdmin = useMay('admin')
  const [document, setDocument] = useState<unknown>()
  const look = useAction(send(true))
  const take = useAction(send(false))
  const read = async (file: File) => {
    look.reset()
    take.reset()
    const body: unknown = JSON.parse(await file.text())
    setDocument(body)
    look.mutate(body)
  }
  if (!isAdmin) return null
  const { data } = look
  return (
    <div className="stack">
      <div>
        <Open read={(file) => void read(file).catch(() => look.mutate(undefined))} />
      </div>
      {look.error && <ErrorNote error={look.error} />}
      {data && !take.data && (
        <Confirm
          act="Import"
          isBusy={take.isPending}
          error={take.error}
          confirm={() => take.mutate(document)}
          cancel={() => look.reset()}
        >
          {plural(data.created, 'type is', 'types are')} new, {data.updated} change,{' '}
          {data.unchanged} stay as they are.
        </Confirm>
      )}
      {take.data && (
        <div className="note note-good" role="status">
          Imported: {take.data.created} new, {take.data.updated} changed.
        </div>
      )}
    </div>
  )
}

function Open({ read }: { read: (file: File) => void }) {
  const reset = useRef<() => void>(null)
  const onChange = (file: File | null) => {
    if (file) read(file)
    // the same file, mended, can be chosen again
    reset.current?.()
  }
  return (
    <FileButton accept="application/json" resetRef={reset} onChange={onChange}>
      {(props) => (
        <Button {...props} size="compact-sm" variant="default">
          Import an OpenAPI document…
        </Button>
      )}
    </FileButton>
  )
}

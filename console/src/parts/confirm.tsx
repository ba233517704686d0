import { Button } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import { ErrorNote } from './error-note.tsx'

type Props = {
  /** One sentence: what happens, to how many, how long it takes. */
  children: ReactNode
  /** The verb. */
  act: string
  /** The way back. */
  keep?: string
  isDangerous?: boolean
  isBusy?: boolean
  error?: unknown
  confirm: () => void
  cancel: () => void
}

/** Asks once, in place, before many are sent or something is ended; the focus goes back to where it was. */
export function Confirm(props: Props) {
  const { children, act, keep = 'Keep as it is', isDangerous = false, isBusy = false } = props
  const { error, confirm, cancel } = props
  const [opener] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    },
    [opener],
  )
  return (
    <div className="note note-warn stack stack-tight" role="group" aria-label={act}>
      <div>{children}</div>
      {error !== undefined && error !== null && <ErrorNote error={error} />}
      <div className="row">
        <Button
          size="compact-sm"
          {...(isDangerous && { color: 'red.8' })}
          loading={isBusy}
          onClick={confirm}
          autoFocus
        >
          {act}
        </Button>
        <Button size="compact-sm" variant="default" onClick={cancel}>
          {keep}
        </Button>
      </div>
    </div>
  )
}

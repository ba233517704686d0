import { Modal, TextInput } from '@mantine/core'
import { useDebouncedValue, useHotkeys } from '@mantine/hooks'
import { type KeyboardEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { useMay } from '../api/session.ts'
import { type Found, useFound } from './found.ts'

type Props = { isOpen: boolean; open: () => void; close: () => void }

/** ⌘K: whatever an id, a subject, a name or a page's name leads to. */
export function Finder({ isOpen, open, close }: Props) {
  useHotkeys([['mod+K', open]], [])
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      withCloseButton={false}
      transitionProps={{ duration: 100 }}
      title="Find"
      size="lg"
    >
      {isOpen && <Search close={close} />}
    </Modal>
  )
}

function Search({ close }: { close: () => void }) {
  const [text, setText] = useState('')
  const [asked] = useDebouncedValue(text.trim(), 200)
  const [at, setAt] = useState(0)
  const isAdmin = useMay('admin')
  const { found, isLooking } = useFound(asked, isAdmin)
  const [, go] = useLocation()
  const openFound = (one: Found | undefined) => {
    if (!one) return
    close()
    go(one.path)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt((before) => Math.min(before + 1, found.length - 1))
    else if (event.key === 'ArrowUp') setAt((before) => Math.max(before - 1, 0))
    else if (event.key === 'Enter') openFound(found[at])
    else return
    event.preventDefault()
  }
  return (
    <div className="stack">
      <TextInput
        data-autofocus
        aria-label="An id, a subject, or a name"
        placeholder="An id, a subject, or a name"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <FoundList found={found} at={at} open={openFound} />
      {found.length === 0 && (
        <p className="muted" role="status">
          {isLooking
            ? 'Looking …'
            : asked
              ? 'Nothing has this id, subject or name.'
              : 'Type to find.'}
        </p>
      )}
    </div>
  )
}

type ListProps = { found: Found[]; at: number; open: (one: Found) => void }

function FoundList({ found, at, open }: ListProps) {
  return (
    <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {found.map((one, index) => (
        <li key={one.path}>
          <button
            type="button"
            className={index === at ? 'found found-here' : 'found'}
            onClick={() => open(one)}
          >
            <span className="muted found-kind">{one.kind}</span>
            <span>{one.name}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

import { Modal } from '@mantine/core'
import { useKeys } from '../parts/keys.ts'

const KEYS: readonly (readonly [string, string])[] = [
  ['⌘K or Ctrl K', 'Find any id, subject, webhook or page'],
  ['/', 'Go to the search of a list'],
  ['j and k', 'Next and previous row'],
  ['Enter', 'Open the row'],
  ['x', 'Select the row'],
  ['r', 'Redeliver what is shown'],
  ['e', 'Edit what is shown'],
  ['?', 'This list'],
]

type Props = { isOpen: boolean; open: () => void; close: () => void }

export function Shortcuts({ isOpen, open, close }: Props) {
  useKeys({ 'shift+?': open, '?': open })
  return (
    <Modal opened={isOpen} onClose={close} title="Shortcuts" transitionProps={{ duration: 100 }}>
      <dl className="facts">
        {KEYS.map(([key, meaning]) => (
          <div key={key} style={{ display: 'contents' }}>
            <dt>
              <span className="kbd">{key}</span>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}

import { useClipboard } from '@mantine/hooks'
import { Icon } from './icon.tsx'

/** Copies a text; says so for a moment. */
export function CopyButton({ text, what, label }: { text: string; what: string; label?: string }) {
  const { copy, copied } = useClipboard({ timeout: 1_500 })
  return (
    <button
      type="button"
      className="quiet-button"
      title={`Copy ${what}`}
      {...(!label && { 'aria-label': copied ? `${what} is copied` : `Copy ${what}` })}
      onClick={(event) => {
        event.stopPropagation()
        copy(text)
      }}
    >
      <Icon name={copied ? 'done' : 'copy'} />
      {label && ` ${copied ? 'Copied' : label}`}
    </button>
  )
}

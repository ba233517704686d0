import { TextInput } from '@mantine/core'

type Props = {
  label: string
  value: string | undefined
  change: (value: string) => void
  width?: number
}

/** A filter that is typed; it counts when the field is left or Enter is pressed. */
export function FilterText({ label, value = '', change, width = 150 }: Props) {
  return (
    <TextInput
      key={value}
      size="xs"
      w={width}
      aria-label={label}
      placeholder={label}
      defaultValue={value}
      onBlur={(event) => {
        const next = event.currentTarget.value.trim()
        if (next !== value) change(next)
      }}
      onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
    />
  )
}

import { Select } from '@mantine/core'
import { useClock } from '../app/clock.tsx'
import { clockTime } from '../format/time.ts'

const HOUR_MS = 3_600_000
const WINDOWS = [
  { value: String(HOUR_MS / 4), label: 'last 15 min' },
  { value: String(HOUR_MS), label: 'last hour' },
  { value: String(24 * HOUR_MS), label: 'last 24 h' },
  { value: String(7 * 24 * HOUR_MS), label: 'last 7 days' },
]

type Props = {
  from: string | undefined
  to: string | undefined
  /** Above the field, in a form. */
  label?: string
  change: (change: { from: string | undefined; to: string | undefined }) => void
}

/** A window of time; it is fixed when it is chosen, so that what one sees is what one replays. */
export function TimeRange({ from, to, label, change }: Props) {
  const { zone, nowMs } = useClock()
  const fixed = from
    ? `since ${clockTime(from, zone, nowMs)}${to ? ` to ${clockTime(to, zone, nowMs)}` : ''}`
    : ''
  const data = from ? [{ value: 'fixed', label: fixed }, ...WINDOWS] : WINDOWS
  return (
    <Select
      {...(label ? { label } : { size: 'xs' as const, 'aria-label': 'Created' })}
      w={from ? 200 : 130}
      clearable
      placeholder="Created"
      data={data}
      value={from ? 'fixed' : null}
      onChange={(value) => {
        if (value === 'fixed') return
        const start =
          value === null ? undefined : new Date(Date.now() - Number(value)).toISOString()
        change({ from: start, to: undefined })
      }}
    />
  )
}

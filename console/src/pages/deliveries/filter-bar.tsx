import { Button, Select } from '@mantine/core'
import { useEventTypes } from '../../api/event-types.ts'
import { useWebhooks } from '../../api/webhooks.ts'
import { DELIVERY_STATES } from '../../format/state.ts'
import { FilterText } from '../../parts/filter-text.tsx'
import { TimeRange } from '../../parts/time-range.tsx'
import type { DeliveryFilters } from './filters.ts'

type Change = (change: Partial<Record<keyof DeliveryFilters, string | undefined>>) => void

const CLASSES = ['2xx', '3xx', '4xx', '5xx']
const CODES = [
  'connect_refused',
  'connect_timeout',
  'timeout',
  'reset',
  'dns_error',
  'tls_error',
  'redirect_refused',
  'destination_refused',
  'http_4xx',
  'http_5xx',
  'gone',
  'slack_gone',
]

type Part = { filters: DeliveryFilters; change: Change; name: keyof DeliveryFilters; label: string }

/** All filters of the list; each is kept in the address. */
export function FilterBar({ filters, change }: { filters: DeliveryFilters; change: Change }) {
  const webhooks = useWebhooks().data?.data ?? []
  const types = useEventTypes().map(({ name }) => name)
  const part = { filters, change }
  const named = webhooks.map(({ id, name }) => ({ value: id, label: name }))
  const isFiltered = Object.entries(filters).some(([name, value]) => name !== 'live' && value)
  const none = Object.fromEntries(Object.keys(filters).map((name) => [name, undefined]))
  return (
    <div className="row" role="search" aria-label="Filters">
      <Choice {...part} name="state" label="State" data={known(Object.keys(DELIVERY_STATES))} />
      <Choice {...part} name="webhook" label="Webhook" data={named} />
      <Choice {...part} name="type" label="Event type" data={known(withOwn(types, filters.type))} />
      <Choice {...part} name="statusClass" label="Answer" data={known(CLASSES)} />
      <Choice {...part} name="code" label="Error code" data={known(withOwn(CODES, filters.code))} />
      <Text {...part} name="attempts" label="Attempts, at least" />
      <Text {...part} name="event" label="Event id" />
      <TimeRange from={filters.from} to={filters.to} change={change} />
      {isFiltered && (
        <Button size="compact-xs" variant="subtle" onClick={() => change(none)}>
          Clear
        </Button>
      )}
    </div>
  )
}

type Option = { value: string; label: string }

function Choice({ filters, change, name, label, data }: Part & { data: Option[] }) {
  return (
    <Select
      size="xs"
      w={150}
      clearable
      searchable={data.length > 10}
      aria-label={label}
      placeholder={label}
      data={data}
      value={filters[name] ?? null}
      onChange={(value) => change({ [name]: value ?? undefined })}
    />
  )
}

function Text({ filters, change, name, label }: Part) {
  return (
    <FilterText label={label} value={filters[name]} change={(value) => change({ [name]: value })} />
  )
}

function known(values: readonly string[]): Option[] {
  return values.map((value) => ({ value, label: value }))
}

/** A value of the address that no list offers is a choice all the same. */
function withOwn(values: readonly string[], own: string | undefined): string[] {
  return own && !values.includes(own) ? [own, ...values] : [...values]
}

import { Checkbox, Select } from '@mantine/core'
import { z } from 'zod'
import { TimeRange } from '../../parts/time-range.tsx'
import { deliveryFilters } from '../deliveries/filters.ts'

/** Those of the list of deliveries; a replay takes ended ones, and what was missed. */
export const replayFilters = deliveryFilters.omit({ live: true }).extend({
  state: z.enum(['failed', 'skipped', 'cancelled', 'delivered']).optional(),
  missing: z.enum(['1']).optional(),
})
export type ReplayFilters = z.output<typeof replayFilters>

type Props = {
  given: ReplayFilters
  change: (change: Partial<Record<keyof ReplayFilters, string | undefined>>) => void
  /** Of the webhooks, by id. */
  names: ReadonlyMap<string, string>
}

/** What a replay takes, as far as it is chosen here; further filters came with the address and can be left out. */
export function Choice({ given, change, names }: Props) {
  return (
    <div className="stack">
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <Select
          label="Webhook"
          clearable
          placeholder="all"
          data={[...names].map(([value, label]) => ({ value, label }))}
          value={given.webhook ?? null}
          onChange={(value) => change({ webhook: value ?? undefined })}
        />
        <Select
          label="What became of them"
          clearable
          placeholder="all that is undelivered"
          data={['failed', 'skipped', 'cancelled', 'delivered']}
          value={given.state ?? null}
          disabled={given.missing === '1'}
          onChange={(value) => change({ state: value ?? undefined })}
        />
        <TimeRange label="Created" from={given.from} to={given.to} change={change} />
      </div>
      <Others given={given} change={change} />
      <Missing given={given} change={change} />
    </div>
  )
}

const OTHERS = ['event', 'type', 'status', 'statusClass', 'code', 'attempts'] as const

function Others({ given, change }: Omit<Props, 'names'>) {
  const set = OTHERS.filter((name) => given[name])
  if (set.length === 0) return null
  return (
    <div className="row">
      {set.map((name) => (
        <button
          key={name}
          type="button"
          className="badge badge-quiet badge-button"
          aria-label={`Leave out ${name}: ${given[name]}`}
          onClick={() => change({ [name]: undefined })}
        >
          {name}: {given[name]} ×
        </button>
      ))}
    </div>
  )
}

function Missing({ given, change }: Omit<Props, 'names'>) {
  // what was never sent has no answer to choose by
  const without = {
    status: undefined,
    statusClass: undefined,
    code: undefined,
    attempts: undefined,
  }
  return (
    <Checkbox
      label="Also events that the webhook missed: it would want them as it is now"
      description="Needs a webhook."
      disabled={!given.webhook}
      checked={given.missing === '1'}
      onChange={(event) =>
        change(event.currentTarget.checked ? { ...without, missing: '1' } : { missing: undefined })
      }
    />
  )
}

import { Checkbox, TagsInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import { useEventTypes } from '../../api/event-types.ts'
import type { EventType, Reach } from '../../api/types.ts'
import { countText } from '../../format/number.ts'
import { groupGlob, typeGroup } from '../../format/type-group.ts'
import type { FieldProps } from './fields.tsx'

/** Which events: names and globs to type, or the catalogue to tick; and how many of the last day that is. */
export function EventsField({ draft, set, wrong }: FieldProps) {
  const types = useEventTypes()
  const names = types.map(({ name }) => name)
  const [isTree, setTree] = useState(false)
  return (
    <div className="stack stack-tight">
      <TagsInput
        label="Webhook Events"
        description="Names of the catalogue or your own; * stands for any letters, * alone for all."
        withAsterisk
        data={names}
        value={draft.events}
        error={wrong('/events')}
        onChange={(events) => set({ events })}
        placeholder={draft.events.length === 0 ? 'customer_*' : ''}
        acceptValueOnBlur
        splitChars={[',', ' ']}
        clearable
      />
      <div className="row row-spread">
        <button
          type="button"
          className="link-button"
          aria-expanded={isTree}
          onClick={() => setTree(!isTree)}
        >
          {isTree ? 'Hide' : 'Show'} the list of available webhook events
        </button>
        <ReachText events={draft.events} filter="" />
      </div>
      {isTree && <Tree types={types} events={draft.events} set={(events) => set({ events })} />}
    </div>
  )
}

/** What patterns and filter would have matched of the last 24 h. */
export function ReachText({ events, filter }: { events: string[]; filter: string }) {
  const [asked] = useDebouncedValue(JSON.stringify({ events, ...(filter && { filter }) }), 350)
  const { data, error } = useQuery({
    queryKey: ['reach', asked],
    queryFn: ({ signal }) =>
      call<Reach>('/v1/webhooks/reach', {
        method: 'POST',
        body: JSON.parse(asked) as object,
        signal,
      }),
    enabled: events.length > 0,
    retry: false,
  })
  if (events.length === 0) return null
  if (error) return filter ? <span className="tone-bad">{error.message}</span> : null
  if (!data) return null
  const { listed, of, tried } = data
  return (
    <span className="muted" role="status">
      {tried
        ? `lets ${countText(tried.matched)} of the last ${countText(tried.events)} through${tried.failed > 0 ? `, fails for ${tried.failed}: ${tried.error ?? ''}` : ''}`
        : `would have matched ${countText(listed)} of ${countText(of)} events of the last 24 h`}
    </span>
  )
}

type TreeProps = { types: EventType[]; events: string[]; set: (events: string[]) => void }

/** The catalogue by the first word of the names; ticking a group names it by a glob. */
function Tree({ types, events, set }: TreeProps) {
  const groups = Map.groupBy(types, ({ name }) => typeGroup(name))
  const toggle = (name: string) =>
    set(events.includes(name) ? events.filter((one) => one !== name) : [...events, name])
  return (
    <div
      className="panel stack"
      style={{ maxHeight: 320, overflowY: 'auto' }}
      tabIndex={0}
      role="group"
      aria-label="Available webhook events"
    >
      {[...groups].map(([group, members]) => {
        const glob = groupGlob(
          group,
          members.map(({ name }) => name),
        )
        return (
          <div key={group} className="stack stack-tight">
            {members.length > 1 && (
              <Checkbox
                size="xs"
                label={`${glob} (${members.length})`}
                checked={events.includes(glob)}
                onChange={() => toggle(glob)}
              />
            )}
            {members.map(({ name, description }) => (
              <Checkbox
                key={name}
                size="xs"
                style={{ marginLeft: members.length > 1 ? 20 : 0 }}
                label={name}
                description={description}
                checked={events.includes(name) || events.includes(glob)}
                disabled={events.includes(glob)}
                onChange={() => toggle(name)}
              />
            ))}
          </div>
        )
      })}
    </div>
  )
}

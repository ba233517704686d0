import { useAnswer } from './queries.ts'
import type { EventType, Page } from './types.ts'

/** The first hundred types of the catalogue, for choices. */
export function useEventTypes(): EventType[] {
  const { data } = useAnswer<Page<EventType>>('/v1/event-types', { query: { limit: 100 } })
  return data?.data ?? []
}

/** The example of a type of the catalogue, as text; undefined where it has none. */
export function exampleText(types: EventType[], name: string): string | undefined {
  const example = types.find((type) => type.name === name)?.example
  return example === undefined ? undefined : JSON.stringify(example, null, 2)
}

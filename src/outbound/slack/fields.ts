import type { EventEnvelope } from '../../delivery/types.ts'
import { jsonElements, jsonMembers } from '../../json/members.ts'
import { jsonAt, readable, readableJson } from '../../json/value.ts'
import type { SlackLayout } from './layouts.ts'

export type SlackField = { label: string; value: string }

/** The main fields of an event whose type is known; empty where it has none of them. */
export function knownFields(event: EventEnvelope, layout: SlackLayout): SlackField[] {
  const own = layout.fields.flatMap(([label, path]) =>
    field(label, listSize(jsonAt(event.data, path.split('.')))),
  )
  return event.type === 'process_run_end' ? [...own, ...answersOf(event.data)] : own
}

/** Every member of the data that says something, under its own name; data that is no object is one field. */
export function anyFields(data: string): SlackField[] {
  const members = jsonMembers(data)
  if (!members) return field('Data', readableJson(data))
  return members.flatMap(({ key, rawValue }) => field(humanName(key), readableJson(rawValue)))
}

/** The answers of a process run: `data` by the labels of `fields`, which are nested one level deep. */
function answersOf(data: string): SlackField[] {
  const labels = new Map<string, string>()
  const fields = jsonElements(jsonAt(data, ['fields']) ?? '[]') ?? []
  const nested = fields.flatMap((one) => jsonElements(jsonAt(one, ['children']) ?? '[]') ?? [])
  for (const one of [...fields, ...nested]) {
    const key = readableJson(jsonAt(one, ['key']))
    const label = readableJson(jsonAt(one, ['label']))
    if (key && label) labels.set(key, label)
  }
  const answers = jsonMembers(jsonAt(data, ['data']) ?? '{}') ?? []
  return answers.flatMap(({ key, rawValue }) =>
    field(labels.get(key) ?? humanName(key), readableJson(rawValue)),
  )
}

/** `customer_tag_add`, `customerName` → `Customer tag add`, `Customer name`; never empty. */
export function humanName(name: string): string {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[\s_.:/-]+/)
    .filter(Boolean)
    .map((word) => (/^[A-Z][a-z]+$/.test(word) ? word.toLowerCase() : word))
    .join(' ')
  const [first = ''] = words
  if (readable(words) === undefined) return readable(name) ?? 'Data'
  return first.toUpperCase() + words.slice(first.length)
}

/** A list as the number of its elements, whose own text nobody reads in a channel. */
function listSize(raw: string | undefined): string | undefined {
  const elements = raw === undefined ? undefined : jsonElements(raw)
  return elements && elements.length > 0 ? String(elements.length) : readableJson(raw)
}

function field(label: string, value: string | undefined): SlackField[] {
  return value === undefined ? [] : [{ label, value }]
}

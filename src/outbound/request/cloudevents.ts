import type { EventEnvelope } from '../../delivery/types.ts'
import { jsonMembers, rawObject } from '../../json/members.ts'

type Attributes = [name: string, value: string][]

/**
 * The context attributes of CloudEvents 1.0, in the order they are sent; `reference` travels as an extension. An event
 * that came as a CloudEvent keeps its id and source, by which receivers tell duplicates.
 */
function cloudEventAttributes(event: EventEnvelope): Attributes {
  const optional: [string, string | undefined][] = [
    ['subject', event.subject],
    ['heraldreference', event.reference],
  ]
  return [
    ['specversion', '1.0'],
    ['id', event.cloudEventId ?? event.id],
    ['source', event.source ?? `herald/${encodeURIComponent(event.tenant)}`],
    ['type', event.type],
    ['time', event.occurredAt ?? event.receivedAt],
    // An attribute must not be the empty string (CloudEvents 1.0, 3.1).
    ...optional.flatMap(([name, value]): Attributes => (value ? [[name, value]] : [])),
  ]
}

/** What the data is, as the CloudEvent said that it came as. */
export function dataContentType(event: EventEnvelope): string {
  return event.dataContentType ?? 'application/json'
}

/**
 * The further attributes of an event that came as a CloudEvent, `dataschema` too, as JSON: text, a boolean or an integer.
 * The context of any other event is none of CloudEvents' business.
 */
function extensionAttributes(event: EventEnvelope): Attributes {
  if (event.cloudEventId === undefined || event.context === undefined) return []
  const members = jsonMembers(event.context) ?? []
  return members.flatMap(({ key, rawValue }): Attributes =>
    rawValue === '""' ? [] : [[key, rawValue]],
  )
}

/** Structured content mode of the JSON format: attributes and data in one object. */
export function structuredCloudEvent(event: EventEnvelope): string {
  return rawObject([
    ...cloudEventAttributes(event).map(([name, value]) => [name, JSON.stringify(value)] as const),
    ...extensionAttributes(event),
    ['datacontenttype', JSON.stringify(dataContentType(event))],
    ['data', event.data],
  ])
}

/** Binary content mode: the attributes as `ce-` headers, the data as body. */
export function cloudEventHeaders(event: EventEnvelope): Record<string, string> {
  const extensions = extensionAttributes(event).map(
    ([name, json]) => [name, String(JSON.parse(json))] as const,
  )
  return Object.fromEntries(
    [...cloudEventAttributes(event), ...extensions].map(([name, value]) => [
      `ce-${name}`,
      percentEncoded(value),
    ]),
  )
}

/** A value fit for a header: what is not printable ASCII, and space, `"`, `%`, percent-encoded (CloudEvents HTTP binding 3.1.3.2). */
export function percentEncoded(value: string): string {
  const bytes = [...Buffer.from(value, 'utf8')]
  return bytes
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}

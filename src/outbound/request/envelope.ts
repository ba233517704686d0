import type { EventEnvelope, Format } from '../../delivery/types.ts'
import { cloudEventHeaders, dataContentType, structuredCloudEvent } from './cloudevents.ts'
import { rawObject } from '../../json/members.ts'
import { spektrEnvelope } from './spektr-envelope.ts'

export type Body = { body: string; contentType: string; headers?: Record<string, string> }

const JSON_TYPE = 'application/json'

/** What the receiver gets; `data` and `context` go in as the bytes that came, never parsed and written again. */
export function buildBody(format: Format, event: EventEnvelope): Body {
  switch (format) {
    case 'standard':
      return { body: standardEnvelope(event), contentType: JSON_TYPE }
    case 'spektr':
      return { body: spektrEnvelope(event), contentType: JSON_TYPE }
    case 'context':
      return { body: contextEnvelope(event), contentType: JSON_TYPE }
    case 'cloudevents':
      return { body: structuredCloudEvent(event), contentType: 'application/cloudevents+json' }
    case 'cloudevents-binary':
      return {
        body: event.data,
        contentType: dataContentType(event),
        headers: cloudEventHeaders(event),
      }
    case 'raw':
      return { body: event.data, contentType: JSON_TYPE }
  }
}

/** Standard Webhooks 1.0.0: type, timestamp and data, beside what the event says about itself. */
function standardEnvelope(event: EventEnvelope): string {
  return rawObject([
    ['id', JSON.stringify(event.id)],
    ['type', JSON.stringify(event.type)],
    ['timestamp', JSON.stringify(event.occurredAt ?? event.receivedAt)],
    ['subject', event.subject === undefined ? undefined : JSON.stringify(event.subject)],
    ['reference', event.reference === undefined ? undefined : JSON.stringify(event.reference)],
    ['data', event.data],
  ])
}

function contextEnvelope(event: EventEnvelope): string {
  return rawObject([
    ['event_time', JSON.stringify(event.occurredAt ?? event.receivedAt)],
    ['event_type', JSON.stringify(event.type)],
    ['current_context', event.context ?? 'null'],
    ['data', event.data],
  ])
}

import { wantsType } from '../delivery/match.ts'
import type { EventEnvelope, WebhookState } from '../delivery/types.ts'
import { compileFilter, FilterError, type FilterInput } from './compile.ts'

type Subscriber = {
  events: readonly string[]
  filter?: string
  state: WebhookState
  stateReason?: { detail: string }
}

/** Why a webhook gets no request for an event. */
export const NO_MATCH_CODES = [
  'type_not_listed',
  'filter_false',
  'filter_error',
  'paused',
  'disabled',
] as const
type NoMatchCode = (typeof NO_MATCH_CODES)[number]

export type Verdict = { matches: true } | { matches: false; reason: NoMatchCode; detail: string }

/**
 * Whether a webhook gets this event, and if not why: the one rule of the worker and of `POST /v1/webhooks/match`.
 * A filter that fails is a verdict, never a throw.
 */
export function judge(webhook: Subscriber, event: EventEnvelope): Verdict {
  if (!wantsType(webhook.events, event.type))
    return no('type_not_listed', `No pattern of its events names “${event.type}”.`)
  const filtered = webhook.filter === undefined ? undefined : filterVerdict(webhook.filter, event)
  if (filtered) return filtered
  if (webhook.state === 'active') return { matches: true }
  return no(webhook.state, webhook.stateReason?.detail ?? `The webhook is ${webhook.state}.`)
}

/** Whether the event is on record for the webhook: to be sent, or skipped and kept so that it can be sent later. */
export function isRecorded(verdict: Verdict): boolean {
  return (
    verdict.matches || (verdict.reason !== 'type_not_listed' && verdict.reason !== 'filter_false')
  )
}

function no(reason: NoMatchCode, detail: string): Verdict {
  return { matches: false, reason, detail }
}

function filterVerdict(filter: string, event: EventEnvelope): Verdict | undefined {
  const compiled = compileFilter(filter)
  if (!compiled.ok) return no('filter_error', `The filter cannot be read: ${compiled.detail}`)
  try {
    if (compiled.matches(inputOf(event))) return undefined
    return no('filter_false', 'The filter is false for this event.')
  } catch (error) {
    if (error instanceof FilterError) return no('filter_error', error.message)
    throw error
  }
}

const inputs = new WeakMap<EventEnvelope, FilterInput>()

/** Parsed once an event, whatever the number of filters. An absent context is empty, so that `has(context.x)` is false. */
function inputOf(event: EventEnvelope): FilterInput {
  const known = inputs.get(event)
  if (known) return known
  const input = {
    id: event.id,
    type: event.type,
    subject: event.subject ?? null,
    reference: event.reference ?? null,
    context: JSON.parse(event.context ?? '{}') as unknown,
    data: JSON.parse(event.data) as unknown,
  }
  inputs.set(event, input)
  return input
}

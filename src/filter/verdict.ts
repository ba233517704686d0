import { wantsType } from '../delivery/match.ts'
import type { EventEnvelope, WebhookState } from '../delivery/types.ts'
import { Turns } from '../threads/turns.ts'
import { compileFilter, FilterError, type FilterInput } from './compile.ts'
import { type FilterResult, type FilterTexts, inputOf } from './evaluate-filter.ts'
import { inThreads, type Purpose } from './in-threads.ts'

const turn = new Turns()

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
 * A filter that fails, takes too long or too much memory is a verdict, never a throw. Between calls that follow each other
 * other work of the process gets its turn. Throws only where no thread can be started.
 */
export async function judge(
  webhook: Subscriber,
  event: EventEnvelope,
  purpose: Purpose = 'delivery',
): Promise<Verdict> {
  await turn.next()
  if (!wantsType(webhook.events, event.type))
    return no('type_not_listed', `No pattern of its events names “${event.type}”.`)
  const filtered =
    webhook.filter === undefined ? undefined : await filterVerdict(webhook.filter, event, purpose)
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

async function filterVerdict(
  filter: string,
  event: EventEnvelope,
  purpose: Purpose,
): Promise<Verdict | undefined> {
  const compiled = compileFilter(filter)
  if (!compiled.ok) return no('filter_error', `The filter cannot be read: ${compiled.detail}`)
  const { texts, input } = readingsOf(event)
  const result =
    compiled.mayBeCheap && compiled.isCheap(input())
      ? here(() => compiled.matches(input()))
      : await inThreads(filter, event, { texts, purpose })
  if (!result.ok) return no('filter_error', result.detail)
  return result.value ? undefined : no('filter_false', 'The filter is false for this event.')
}

function here(matches: () => boolean): FilterResult {
  try {
    return { ok: true, value: matches() }
  } catch (error) {
    if (error instanceof FilterError) return { ok: false, detail: error.message }
    throw error
  }
}

type Readings = { texts: FilterTexts; input: () => FilterInput }
const readings = new WeakMap<EventEnvelope, Readings>()

/** Parsed once an event, whatever the number of filters. An absent context is empty, so that `has(context.x)` is false. */
function readingsOf(event: EventEnvelope): Readings {
  const known = readings.get(event)
  if (known) return known
  const { id, type, subject = null, reference = null, context = '{}', data } = event
  const texts = { id, type, subject, reference, context, data }
  let parsed: FilterInput | undefined
  const reading = { texts, input: () => (parsed ??= inputOf(texts)) }
  readings.set(event, reading)
  return reading
}

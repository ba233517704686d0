/** What herald's warnings and errors mean, for whoever looks at the screen; herald.log has the rest of each. */
const SENTENCES: Readonly<Record<string, string>> = {
  'delivery.orphans_adopted': 'Deliveries that nobody was sending are being sent again.',
  'delivery.sweep_failed': 'The search for deliveries that nobody sends failed; it is repeated.',
  'event_loop.blocked': 'herald stood still for a moment: the machine is busy.',
  'event_type.schema_unusable': 'The schema of an event type cannot be used.',
  'first_attempts.unread': 'The first attempts of an event could not be read.',
  'first_run_token.made': 'There is no admin key; herald.log has a token that makes one.',
  'herald.webhook.disabled': 'herald has disabled a webhook.',
  'herald.webhook.failing': 'All deliveries of a webhook have failed for long.',
  'herald.webhook.recovered': 'A webhook that failed works again.',
  'idempotency.answer_not_kept':
    'The answer to a request with an Idempotency-Key could not be kept for its repetition.',
  'lane.not_told': 'A rate-limited webhook was not told of its change; its next delivery tells it.',
  'lane.not_woken': 'A rate-limited webhook could not be woken; it is tried again.',
  'lane.row_failed': 'A held delivery could not be sent; it is tried again.',
  'metrics.unavailable': 'There are no metrics, since their port cannot be used.',
  'mongodb.awaited': 'herald waits for MongoDB.',
  'mongodb.unusable': 'herald cannot use this MongoDB.',
  'operator_event.delayed': 'An operator event could not be sent yet; it is tried again.',
  'request.failed': 'A request to the API failed.',
  'retention.failed': 'What is too old could not be removed; it is tried again in an hour.',
  'setup.failed': 'The set-up failed; it is tried again.',
  'temporal.awaited': 'herald waits for Temporal.',
  'temporal.retention_not_set': 'Temporal keeps its own retention.',
  'webhook.health_not_written': 'The failures of a webhook could not be stored.',
  'worker.failed': 'The worker has failed, and herald ends.',
}
/** What is so on purpose where one develops. */
const PRIVATE_NETWORKS = 'outbound.private_networks_allowed'
/** pino's number for `warn`. */
const WARN = 40

type Entry = {
  level?: number
  msg?: string
  /** Of the webhook that it is about. */
  name?: string
  reason?: string
  networks?: string[]
  hosts?: string[]
  err?: { message?: string }
  error?: unknown
}
export type Told = { kind: 'alarm' | 'note'; text: string }

/** What a JSON log line has to tell on the screen, in a sentence; undefined where that is nothing. */
export function toldOf(line: string): Told | undefined {
  const entry = entryOf(line)
  if ((entry.level ?? 0) < WARN) return undefined
  if (entry.msg === PRIVATE_NETWORKS) {
    const places = [...(entry.networks ?? []), ...(entry.hosts ?? [])].join(', ')
    return { kind: 'note', text: `For development, webhooks may go to ${places}.` }
  }
  return { kind: 'alarm', text: `${named(sentenceOf(entry.msg), entry)}${causeOf(entry)}` }
}

function entryOf(line: string): Entry {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return {}
  }
}

/** A message that is no key is a text of its own. */
function sentenceOf(message = 'an error without a text'): string {
  const isKey = /^[\w.]+$/.test(message)
  return (
    SENTENCES[message] ?? (isKey ? `herald.log has an error: ${message}.` : `herald: ${message}`)
  )
}

function named(sentence: string, { name }: Entry): string {
  if (name === undefined) return sentence
  return sentence.replace(/\b(a) webhook\b/i, (_, article) =>
    article === 'A' ? `The webhook “${name}”` : `the webhook “${name}”`,
  )
}

function causeOf({ err, error, reason }: Entry): string {
  const cause = err?.message ?? reason ?? (typeof error === 'string' ? error : '')
  return cause ? ` (${cause.slice(0, 160)})` : ''
}

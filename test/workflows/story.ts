import { Buffer } from 'node:buffer'

type Payload = { data?: string }
export type HistoryEvent = { eventType: string; eventId: string } & Record<string, unknown>
export type History = { events: HistoryEvent[] }

/** What these events say with their attributes; all others are left out: Temporal's own book-keeping. */
const WORDS: Record<string, string> = {
  WORKFLOW_EXECUTION_CANCEL_REQUESTED: '<cancel>',
  ACTIVITY_TASK_CANCEL_REQUESTED: 'cancel activity',
  TIMER_STARTED: 'timer',
  TIMER_FIRED: '<fired>',
  TIMER_CANCELED: 'cancel timer',
  UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: 'upsert',
  WORKFLOW_EXECUTION_COMPLETED: 'completed',
  WORKFLOW_EXECUTION_FAILED: 'failed',
  WORKFLOW_EXECUTION_CANCELED: 'cancelled',
  WORKFLOW_EXECUTION_TERMINATED: '<terminated>',
  WORKFLOW_EXECUTION_CONTINUED_AS_NEW: 'continued as new',
  ACTIVITY_TASK_COMPLETED: '<ok>',
  ACTIVITY_TASK_CANCELED: '<cancelled>',
}

/** Words that are looked at together for what repeats. */
const PHRASE_MOST = 6

/** A history in a line: what the workflow did, and in <> what happened to it. What repeats is counted. */
export function storyOf({ events }: History): string {
  const words = events.map(wordOf).filter((word) => word !== undefined)
  const parts: string[] = []
  for (let index = 0; index < words.length;) {
    const { length, times } = repeatedAt(words, index)
    const part = words.slice(index, index + length).join(', ')
    if (times === 1) parts.push(part)
    else parts.push(length === 1 ? `${part} ×${times}` : `(${part}) ×${times}`)
    index += length * times
  }
  return parts.join(', ')
}

/** The longest repetition of a few words that begins here; one word, once, where there is none. */
function repeatedAt(words: string[], index: number): { length: number; times: number } {
  let best = { length: 1, times: 1 }
  for (let length = 1; length <= PHRASE_MOST; length++) {
    const isAgain = (times: number) =>
      Array.from({ length }, (_, n) => n).every(
        (n) => words[index + n] === words[index + times * length + n],
      )
    let times = 1
    while (index + (times + 1) * length <= words.length && isAgain(times)) times += 1
    const isWorthIt = times > (length === 1 ? 1 : 2)
    if (isWorthIt && length * times > best.length * best.times) best = { length, times }
  }
  return best
}

/** The name of the workflow whose history it is. */
export function workflowOf({ events }: History): string {
  return String(at(events[0], 'workflowExecutionStartedEventAttributes', 'workflowType', 'name'))
}

function wordOf(event: HistoryEvent): string | undefined {
  const type = event.eventType.replace('EVENT_TYPE_', '')
  if (type === 'ACTIVITY_TASK_SCHEDULED')
    return String(at(event, 'activityTaskScheduledEventAttributes', 'activityType', 'name'))
  if (type === 'WORKFLOW_EXECUTION_SIGNALED')
    return `<${String(at(event, 'workflowExecutionSignaledEventAttributes', 'signalName'))}>`
  if (type === 'ACTIVITY_TASK_FAILED') return `<${failureOf(event)}>`
  if (type === 'ACTIVITY_TASK_TIMED_OUT') return `<${timeoutOf(event)}>`
  if (type === 'MARKER_RECORDED') return markerOf(event)
  return WORDS[type]
}

function failureOf(event: HistoryEvent): string {
  const path = ['activityTaskFailedEventAttributes', 'failure', 'applicationFailureInfo', 'type']
  return String(at(event, ...path))
}

function timeoutOf(event: HistoryEvent): string {
  const path = ['activityTaskTimedOutEventAttributes', 'failure', 'timeoutFailureInfo']
  return String(at(event, ...path, 'timeoutType'))
    .replace('TIMEOUT_TYPE_', '')
    .toLowerCase()
}

/** A local activity with its result, or a version of the code that was chosen. */
function markerOf(event: HistoryEvent): string {
  const details = at(event, 'markerRecordedEventAttributes', 'details') as Record<
    string,
    { payloads: Payload[] }
  >
  const { activity_type: activity, id } = valueOf(details['data'] ?? details['patch-data'])
  if (id !== undefined) return `patch ${id}`
  const hasFailed = at(event, 'markerRecordedEventAttributes', 'failure')
  return `local ${activity}${hasFailed ? ' <failed>' : ''}`
}

function valueOf(payloads: { payloads: Payload[] } | undefined): Record<string, string> {
  const text = Buffer.from(payloads?.payloads[0]?.data ?? '', 'base64').toString('utf8')
  return JSON.parse(text) as Record<string, string>
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)?.[key], value)
}

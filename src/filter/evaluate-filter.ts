import { limited } from '../threads/time-limit.ts'
import { compileFilter, FilterError, type FilterInput } from './compile.ts'

/** An event as it goes to a thread: `context` and `data` are JSON text, so that reading them costs the event loop nothing. */
export type FilterTexts = Omit<FilterInput, 'context' | 'data'> & { context: string; data: string }

/** What a filter says of an event; `detail` is the fault where it has no result. */
export type FilterResult = { ok: true; value: boolean } | { ok: false; detail: string }

let last: { texts: FilterTexts; event: FilterInput } | undefined

/** For threads: evaluates one filter for one event. Throws TimeSpent. */
export function evaluateFilter(text: string, texts: FilterTexts, limitMs: number): FilterResult {
  const filter = compileFilter(text)
  if (!filter.ok) return { ok: false, detail: `The filter cannot be read: ${filter.detail}` }
  const event = parsed(texts)
  try {
    return { ok: true, value: limited(() => filter.matches(event), limitMs) }
  } catch (error) {
    if (error instanceof FilterError) return { ok: false, detail: error.message }
    throw error
  }
}

/** Parsed once for all filters that are asked about the same event in a row. */
function parsed(texts: FilterTexts): FilterInput {
  if (last?.texts !== texts) last = { texts, event: inputOf(texts) }
  return last.event
}

/** What filters read of an event. */
export function inputOf(texts: FilterTexts): FilterInput {
  return {
    ...texts,
    context: JSON.parse(texts.context) as unknown,
    data: JSON.parse(texts.data) as unknown,
  }
}

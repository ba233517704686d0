import type { EventEnvelope } from '../delivery/types.ts'
import { Allowance } from '../threads/allowance.ts'
import { threads } from '../threads/pool.ts'
import type { FilterResult, FilterTexts } from './evaluate-filter.ts'

const REMEMBERED = 20_000
const TOO_LONG = 'The filter failed: it takes longer than 100 ms.'
const TOO_SLOW_LATELY =
  'The filter failed: it was too slow for other events of this size, so it was not tried.'
const TOO_LARGE = 'The filter failed: it takes too much memory.'

const allowance = new Allowance(() => performance.now())
/** What was found already: a group that is matched again goes on where it was, and does not take as long again. */
const results = new Map<string, FilterResult>()

/** Why somebody asks: an event is to be delivered, or somebody wants to know. The second takes nothing from the first. */
export type Purpose = 'delivery' | 'question'

/** What a filter that is not cheap says of an event. It is evaluated once, in a thread that can be ended. */
export async function inThreads(
  filter: string,
  event: EventEnvelope,
  { texts, purpose }: { texts: FilterTexts; purpose: Purpose },
): Promise<FilterResult> {
  if (purpose === 'question') return evaluated(filter, `question/${event.tenant}`, texts)
  const key = [event.tenant, event.id, event.hash, filter].join('\0')
  const known = results.get(key)
  if (known) return known
  const result = await evaluated(filter, `delivery/${event.tenant}`, texts)
  results.set(key, result)
  const [oldest] = results.keys()
  if (results.size > REMEMBERED && oldest !== undefined) results.delete(oldest)
  return result
}

async function evaluated(filter: string, owner: string, texts: FilterTexts): Promise<FilterResult> {
  const evaluation = { owner, text: filter, size: texts.data.length + texts.context.length }
  const limitMs = allowance.limitMs(evaluation)
  if (limitMs === 0) return { ok: false, detail: TOO_SLOW_LATELY }
  const ask = { input: filter, shared: texts, owner, limitMs }
  const outcome = await threads.run('evaluateFilter', ask)
  allowance.took(evaluation, outcome.tookMs)
  if (outcome.kind === 'done') return outcome.value
  const isMemory = outcome.kind === 'cut' && outcome.why === 'memory'
  return { ok: false, detail: isMemory ? TOO_LARGE : TOO_LONG }
}

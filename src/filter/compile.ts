import { Environment, EvaluationError, ParseError, TypeError } from '@marcbachmann/cel-js'
import { Budget } from './budget.ts'
import { areSmall, cheapPaths } from './cheap.ts'
import { faultWords } from './fault-words.ts'
import { OURS, registerOwnFunctions, useOwnFunctions } from './own-functions.ts'
import { safeText, STEP_MACRO, TYPE_VARIABLE } from './safe-text.ts'
import { nodesOf } from './tree.ts'

export const FILTER_MAX = 1_000
const CACHE_MAX = 5_000

/** What a filter reads of an event; `data` and `context` parsed, so integers beyond 2^53 are rounded. */
export type FilterInput = {
  id: string
  type: string
  subject: string | null
  reference: string | null
  context: unknown
  data: unknown
}

export type CompiledFilter =
  | {
      ok: true
      /** Whether nothing is lost where the filter is evaluated in the event loop, as far as its text tells. */
      mayBeCheap: boolean
      /** Whether it is so for this event. */
      isCheap: (event: FilterInput) => boolean
      /** Throws FilterError. Where it is not cheap it can take for ever. */
      matches: (event: FilterInput) => boolean
    }
  /** `position` is the index of the first character at fault. */
  | { ok: false; detail: string; position: number }

/** A filter came to no result for an event. */
export class FilterError extends Error {
  override readonly name = 'FilterError'
}

type Evaluate = (context: Record<string, unknown>) => unknown
type Macro = { args: unknown[] }
type Visitor = { check(node: unknown, context: unknown): unknown }
type Runner = { run(node: unknown, context: unknown): unknown }

const budget = new Budget()
const environment = registerOwnFunctions(
  new Environment({
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 500, maxMapEntries: 100 },
  }),
)
  .registerVariable('id', 'string')
  .registerVariable(TYPE_VARIABLE, 'string')
  .registerVariable('subject', 'dyn')
  .registerVariable('reference', 'dyn')
  .registerVariable('context', 'dyn')
  .registerVariable('data', 'dyn')
  .registerFunction(`${STEP_MACRO}(ast): dyn`, ({ args }: Macro) => ({
    args,
    async: false,
    typeCheck: (checker: Visitor, macro: Macro, context: unknown) =>
      checker.check(macro.args[0], context),
    evaluate: (runner: Runner, macro: Macro, context: unknown) => {
      budget.step()
      return runner.run(macro.args[0], context)
    },
  }))
const compiled = new Map<string, CompiledFilter>()

/** The filter of this CEL text; each text is compiled once while it is among the last 5,000 used. Never throws. */
export function compileFilter(text: string): CompiledFilter {
  const filter = compiled.get(text) ?? compile(text)
  compiled.delete(text)
  compiled.set(text, filter)
  const [oldest] = compiled.keys()
  if (compiled.size > CACHE_MAX && oldest !== undefined) compiled.delete(oldest)
  return filter
}

function compile(text: string): CompiledFilter {
  if (text.length > FILTER_MAX)
    return {
      ok: false,
      detail: `must have at most ${FILTER_MAX} characters`,
      position: FILTER_MAX,
    }
  try {
    const tree = environment.parse(text).ast
    const safe = safeText(text, tree)
    if (!safe.ok) return refused(text, safe.fault.detail, safe.fault)
    const evaluate = environment.parse(safe.text)
    useOwnFunctions(nodesOf(evaluate.ast))
    const { valid, type = '', error } = evaluate.check()
    if (!valid) return refused(text, summaryOf(error), rangeOf(error, safe.originalAt))
    if (type !== 'bool' && type !== 'dyn')
      return refused(text, `must be true or false; this gives ${type}`, { start: 0, end: 0 })
    const paths = cheapPaths(tree)
    return {
      ok: true,
      mayBeCheap: paths !== undefined,
      isCheap: (event) => paths !== undefined && areSmall(paths, event),
      matches: (event) => result(evaluate, event),
    }
  } catch (error) {
    return refused(text, summaryOf(error), rangeOf(error))
  }
}

function result(evaluate: Evaluate, event: FilterInput): boolean {
  const { type, ...fields } = event
  const value = evaluated(evaluate, { ...fields, [TYPE_VARIABLE]: type })
  if (typeof value === 'boolean') return value
  throw new FilterError('The filter gives neither true nor false.')
}

function evaluated(evaluate: Evaluate, context: Record<string, unknown>): unknown {
  try {
    return budget.spend(() => evaluate(context))
  } catch (error) {
    throw new FilterError(`The filter failed: ${faultWords(error)}.`)
  }
}

type Range = { start: number; end: number }

function refused(text: string, summary: string, { start, end }: Range): CompiledFilter {
  const token = text.slice(start, Math.max(end, start + 1)).slice(0, 40)
  const where = `at character ${start + 1}`
  const near = start === 0 && end === 0 ? '' : ` (${where}${token && `: “${token}”`})`
  return { ok: false, detail: `${summary}${near}`, position: start }
}

function isCelError(error: unknown): error is ParseError | EvaluationError | TypeError {
  return (
    error instanceof ParseError || error instanceof EvaluationError || error instanceof TypeError
  )
}

/** What CEL says of a filter's text, in its own words and in those of the text. */
function summaryOf(error: unknown): string {
  const summary = isCelError(error) ? error.summary : error instanceof Error ? error.message : ''
  return summary.replaceAll(TYPE_VARIABLE, 'type').replaceAll(OURS, '').slice(0, 300)
}

function rangeOf(error: unknown, originalAt = (position: number) => position): Range {
  const range = isCelError(error) ? error.range : undefined
  return { start: originalAt(range?.start ?? 0), end: originalAt(range?.end ?? 0) }
}

import { Allowance } from '../threads/allowance.ts'
import { threads } from '../threads/pool.ts'
import { type CompiledSchema, compileSchema, TOO_COSTLY } from './compiled-schema.ts'
import { costOf, isQuick } from './schema-cost.ts'
import type { JsonSchema, SchemaFault } from './types.ts'

/** What a thread needs beside that to make a schema ready, twice: for the first fault, and for more. */
const GRACE_MS = 11_000

/** How long an event waits for a thread: ingest answers within 3 s. */
const PATIENCE_MS = 2_000

/** No thread came to check a value in time. */
export class ThreadsBusy extends Error {
  override readonly name = 'ThreadsBusy'
}

/** Milliseconds that threads may still take, for all values that share the budget. */
export type TimeBudget = { leftMs: number }

const allowance = new Allowance(() => performance.now())

/** A schema to check values with; small ones at once, the others in threads that can be ended. */
export class PreparedSchema {
  private readonly text: string
  private readonly cost: ReturnType<typeof costOf>
  private readonly unusable: (error: unknown) => void
  private compiled: CompiledSchema | undefined

  /** `unusable` hears of a schema that does not compile; then every value fits. */
  constructor(schema: JsonSchema, unusable: (error: unknown) => void = () => undefined) {
    this.text = JSON.stringify(schema)
    this.cost = costOf(schema)
    this.unusable = unusable
  }

  /**
   * What of a value, as JSON text, does not fit: at most ten faults. One that takes too long does not fit. `owner` is whose
   * turn it uses. Throws ThreadsBusy, and where no thread can be started.
   */
  async faultsOf(value: string, owner: string, budget: TimeBudget): Promise<SchemaFault[]> {
    if (isQuick(this.cost, value.length)) return this.ready()(JSON.parse(value))
    const evaluation = { owner, text: this.text, size: value.length }
    const limitMs = Math.min(budget.leftMs, allowance.limitMs(evaluation))
    if (limitMs < 1) return [TOO_COSTLY]
    const input = { schema: this.text, value }
    const outcome = await threads.run('validateText', {
      input,
      owner,
      limitMs,
      graceMs: GRACE_MS,
      patienceMs: PATIENCE_MS,
    })
    if (outcome.kind === 'busy') throw new ThreadsBusy()
    const tookMs = outcome.kind === 'done' ? outcome.value.tookMs : outcome.tookMs
    budget.leftMs -= tookMs
    allowance.took(evaluation, tookMs)
    return outcome.kind === 'done' ? outcome.value.faults : [TOO_COSTLY]
  }

  /** Compiled with the first value and not before, so that a batch of many types stops the event loop for one at a time. */
  private ready(): CompiledSchema {
    try {
      this.compiled ??= compileSchema(JSON.parse(this.text) as JsonSchema)
    } catch (error) {
      this.unusable(error)
      this.compiled = () => []
    }
    return this.compiled
  }
}

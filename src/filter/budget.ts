/** Conditions of `exists`, `all`, `exists_one` and `filter` that one evaluation may look at. */
const STEPS_MAX = 10_000
const TIME_MAX_MS = 100

/** Thrown where an evaluation looks at too many elements, or for too long. */
class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent'
}

const TOO_MANY = new BudgetSpent(`looks at more than ${STEPS_MAX} elements`)
const TOO_LONG = new BudgetSpent(`takes longer than ${TIME_MAX_MS} ms`)

/** What an evaluation may still use. Evaluations are synchronous, so one budget serves them all in turn. */
export class Budget {
  private readonly now: () => number
  private steps = 0
  private endsAtMs = 0
  private fault: BudgetSpent | undefined

  /** `now` gives milliseconds. */
  constructor(now: () => number) {
    this.now = now
  }

  /** Takes one step. Throws BudgetSpent, from the first refused step on with each further one. */
  step(): void {
    this.steps += 1
    this.fault ??= this.steps > STEPS_MAX ? TOO_MANY : undefined
    this.fault ??= this.now() > this.endsAtMs ? TOO_LONG : undefined
    if (this.fault) throw this.fault
  }

  /**
   * Runs one evaluation. Throws BudgetSpent even where it went on after a refused step, as CEL's `||` does. One that took too
   * long is run once more: a pause of the process looks the same.
   */
  spend<T>(evaluation: () => T): T {
    try {
      return this.once(evaluation)
    } catch (error) {
      if (error !== TOO_LONG) throw error
      return this.once(evaluation)
    }
  }

  private once<T>(evaluation: () => T): T {
    this.steps = 0
    this.fault = undefined
    this.endsAtMs = this.now() + TIME_MAX_MS
    let value: T
    try {
      value = evaluation()
    } catch (error) {
      throw this.fault ?? error
    }
    if (this.fault) throw this.fault
    return value
  }
}

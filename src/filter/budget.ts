/** Conditions of `exists`, `all`, `exists_one` and `filter` that one evaluation may look at. */
const STEPS_MAX = 10_000

/** Thrown where an evaluation looks at too many elements. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent'

  constructor() {
    super(`looks at more than ${STEPS_MAX} elements`)
  }
}

/** What an evaluation may still look at. Evaluations are synchronous, so one budget serves them all in turn. */
export class Budget {
  private steps = 0

  /** Takes one step. Throws BudgetSpent, from the first refused step on with each further one. */
  step(): void {
    this.steps += 1
    if (this.steps > STEPS_MAX) throw new BudgetSpent()
  }

  /** Runs one evaluation. Throws BudgetSpent even where it went on after a refused step, as CEL's `||` does. */
  spend<T>(evaluation: () => T): T {
    this.steps = 0
    const value = evaluation()
    if (this.steps > STEPS_MAX) throw new BudgetSpent()
    return value
  }
}

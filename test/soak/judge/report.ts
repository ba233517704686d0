import type { Verdict } from './history.ts'

/** How many of the places where a promise was broken are printed; all are in the JSON. */
const PRINTED = 10

/** Prints a row for each, and where it was broken; the last line is the verdict. Answers the exit code. */
export function printVerdicts(verdicts: readonly Verdict[]): 0 | 1 {
  for (const { name, seen, wrong } of verdicts) {
    const outcome = wrong.length === 0 ? 'PASS' : 'FAIL'
    const count = wrong.length === 0 ? '' : `${wrong.length} wrong; `
    console.log(`${outcome}  ${name}: ${count}${seen}`)
    for (const one of wrong.slice(0, PRINTED)) console.log(`        ${one.slice(0, 600)}`)
    if (wrong.length > PRINTED) console.log(`        … and ${wrong.length - PRINTED} more`)
  }
  const failed = verdicts.filter(({ wrong }) => wrong.length > 0).length
  console.log(`${verdicts.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

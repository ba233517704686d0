import { between, oneOf, type Random, seeded } from '../test/soak/random.ts'

/** One thing that is done to one part of the system, `atMs` after the load began and for `forMs`. */
export type Step = {
  on: string
  does: string
  /** Of what it does: milliseconds, bytes, or one of so many. */
  amount?: number
  atMs: number
  forMs: number
}

/** A file of the build, what is in it once, and what takes its place in a copy. */
export type Edit = readonly [file: string, from: string, to: string]

/** A fault: what is done to which part, and when. */
export type Row = {
  id: string
  title: string
  steps: readonly Step[]
  /** What the heralds are, by `herald serve`; two that are all if nothing is said. */
  roles?: readonly ('all' | 'api' | 'worker')[]
  /** What a copy of the build is to have that herald has not: file, text, and what takes its place. */
  edits?: readonly Edit[]
  /** Why it can't be run, or which test has it. */
  notHere?: string
}

/** The same step `count` times, a time apart; on these parts in turn, if any are named. */
export function often(
  count: number,
  everyMs: number,
  step: Step,
  turns: readonly string[] = [step.on],
): Step[] {
  return Array.from({ length: count }, (_, nth) => ({
    ...step,
    on: turns[nth % turns.length] ?? step.on,
    atMs: step.atMs + nth * everyMs,
  }))
}

/** The steps with their times moved by the seed, up to 300 ms each, so that seeds differ in what a fault meets. */
export function jittered(steps: readonly Step[], seed: number): Step[] {
  const random = seeded(seed)
  return steps.map((step) => ({ ...step, atMs: Math.round(step.atMs + between(random, 0, 300)) }))
}

const COMBINED_FROM_MS = 4_000
const COMBINED_APART_MS = 6_000

/** Two or three faults of these rows at once, twice, each on another part, drawn by the seed: the row `C<seed>`. */
export function combined(seed: number, rows: readonly Row[]): Row {
  const random = seeded(seed * 7_919 + 1)
  const pool = rows
    .filter((row) => !row.notHere && !row.roles && !row.edits)
    .flatMap(({ steps }) => steps)
    .filter(({ forMs }) => forMs <= 15_000)
  const steps = [0, 1].flatMap((wave) =>
    drawn(random, pool).map((step) => ({
      ...step,
      atMs: Math.round(COMBINED_FROM_MS + wave * COMBINED_APART_MS + between(random, 0, 400)),
      forMs: Math.round(Math.min(step.forMs, between(random, 500, 5_000))),
    })),
  )
  const title = steps.map(({ on, does }) => `${does} ${on}`).join(', ')
  return { id: `C${seed}`, title: `combined: ${title}`, steps }
}

function drawn(random: Random, pool: readonly Step[]): Step[] {
  const chosen: Step[] = []
  for (let left = random() < 0.5 ? 2 : 3; left > 0; left--) {
    const free = pool.filter(({ on }) => chosen.every((one) => one.on !== on))
    const on = oneOf(random, [...new Set(free.map((step) => step.on))])
    const step = oneOf(
      random,
      free.filter((one) => one.on === on),
    )
    if (step) chosen.push(step)
  }
  return chosen
}

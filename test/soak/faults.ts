import { setTimeout as sleep } from 'node:timers/promises'
import type { Part } from './judge/history.ts'
import { between, type Random, weighted } from './random.ts'
import type { World } from './world.ts'

const PAUSE_MS = { least: 5_000, most: 18_000 }
const DOWN_MS = { least: 200, most: 4_000 }

type Chosen = { kill: Part[] } | { restart: 'herald A' | 'herald B' }

/** What may happen; two parts at once is what no test of one part sees. */
const CHOICES: [number, Chosen][] = [
  [8, { kill: ['herald A'] }],
  [8, { kill: ['herald B'] }],
  [4, { kill: ['herald A', 'herald B'] }],
  [6, { kill: ['Temporal'] }],
  [6, { kill: ['MongoDB'] }],
  [2, { kill: ['herald A', 'Temporal'] }],
  [2, { kill: ['herald B', 'MongoDB'] }],
  [1, { kill: ['Temporal', 'MongoDB'] }],
  [3, { restart: 'herald A' }],
  [3, { restart: 'herald B' }],
]

/** Kills and restarts at random, one after another, until the signal; `wrong` gets what did not come back as it should. */
export async function makeFaults(
  world: World,
  random: Random,
  { signal, wrong }: { signal: AbortSignal; wrong: string[] },
): Promise<void> {
  for (;;) {
    await sleep(between(random, PAUSE_MS.least, PAUSE_MS.most), undefined, { signal }).catch(
      () => undefined,
    )
    if (signal.aborted) return
    const chosen = weighted(random, CHOICES)
    const downMs = between(random, DOWN_MS.least, DOWN_MS.most)
    try {
      if ('kill' in chosen) await world.kill(chosen.kill, downMs)
      else await world.restart(chosen.restart)
    } catch (error) {
      wrong.push(String(error))
    }
  }
}

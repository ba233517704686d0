import { setTimeout as sleep } from 'node:timers/promises'
import { type Sample, takeSample } from './growth.ts'
import type { Records } from './judge/records.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000

type Minutes = {
  counts: () => string
  accepted: () => number
  samples: Sample[]
  signal: AbortSignal
}

/** Each minute until the signal: prints what was done so far, what is owed and what it takes, and adds a sample of that. */
export async function printMinutes(
  world: World,
  records: Records,
  { counts, accepted, samples, signal }: Minutes,
): Promise<void> {
  for (let minute = 1; ; minute++) {
    await sleep(MINUTE_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const sum = [...(await records.owed()).values()].reduce((all, one) => all + one, 0)
    const sample = await takeSample(world, accepted())
    samples.push(sample)
    const { openWorkflows, storedMib } = sample
    console.log(
      `minute ${minute}: ${counts()}; ${sum} owed, ${openWorkflows} workflows open; ${Math.round(storedMib)} MiB stored; MiB: ${memory(sample)}`,
    )
  }
}

function memory({ residentMib }: Sample): string {
  return Object.entries(residentMib)
    .map(([name, mib]) => `${name} ${Math.round(mib)}`)
    .join(', ')
}

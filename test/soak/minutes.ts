import { setTimeout as sleep } from 'node:timers/promises'
import { residentMib } from '../support/servers/process-usage.ts'
import type { Records } from './judge/records.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000

/** Prints a line each minute until the signal: what was done so far, what is owed, and what each process takes. */
export async function printMinutes(
  world: World,
  records: Records,
  { counts, signal }: { counts: () => string; signal: AbortSignal },
): Promise<void> {
  for (let minute = 1; ; minute++) {
    await sleep(MINUTE_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const sum = [...(await records.owed()).values()].reduce((all, one) => all + one, 0)
    console.log(`minute ${minute}: ${counts()}; ${sum} owed; MiB: ${await memory(world)}`)
  }
}

async function memory(world: World): Promise<string> {
  const pids = Object.entries({ soak: process.pid, ...world.pids() })
  const each = pids.map(async ([name, pid]) => {
    const mib = await residentMib(pid).catch(() => 0)
    return `${name} ${Math.round(mib)}`
  })
  return (await Promise.all(each)).join(', ')
}

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { residentMib } from '../support/servers/process-usage.ts'
import type { Verdict } from './judge/history.ts'
import type { World } from './world.ts'

/** What a run takes at one moment; of a part that is down just then nothing is known. */
export type Sample = {
  accepted: number
  residentMib: Record<string, number>
  /** Open files and sockets. */
  handles: Record<string, number>
  openWorkflows: number
  /** Files of Temporal and MongoDB. */
  storedMib: number
}

/** Samples that a judgement needs: a quarter is the run-in, the next is compared with the last. */
const SAMPLES_LEAST = 8
/** What the highest of two quarters may differ by: garbage collection, a start and a burst of load come and go. */
const MEMORY = { factor: 1.3, room: 60 }
const HANDLES = { factor: 1.3, room: 50 }
const WORKFLOWS = { factor: 1.5, room: 20 }
/** Files grow with what was accepted (retention is days), and by blocks. */
const STORED = { factor: 1.5, room: 0.02 }

/** What the run takes now. */
export async function takeSample(world: World, accepted: number): Promise<Sample> {
  const parts = Object.entries(world.pids())
  const each = async (measure: (pid: number) => Promise<number>) =>
    Object.fromEntries(
      (
        await Promise.all(
          parts.map(async ([name, pid]) => [name, await measure(pid).catch(() => NaN)] as const),
        )
      ).filter(([, value]) => !Number.isNaN(value)),
    )
  return {
    accepted,
    residentMib: await each(residentMib),
    handles: await each(async (pid) => (await readdir(`/proc/${pid}/fd`)).length),
    openWorkflows: (await world.openWorkflows()).length,
    storedMib: await sizeMib(world.servers.dataDir),
  }
}

/** Nothing that a run takes goes on growing after its run-in; what is stored grows with what was accepted alone. */
export function judgeGrowth(samples: readonly Sample[]): Verdict {
  const name = 'memory, handles and open workflows stay flat, files grow with the events alone'
  if (samples.length < SAMPLES_LEAST)
    return {
      name,
      seen: `${samples.length} samples; it is judged from ${SAMPLES_LEAST} on`,
      wrong: [],
    }
  const quarter = Math.floor(samples.length / 4)
  const early = samples.slice(quarter, 2 * quarter)
  const late = samples.slice(-quarter)
  const wrong: string[] = []
  const compare = (
    what: string,
    of: (one: Sample) => number | undefined,
    allowed: typeof MEMORY,
  ) => {
    const [before, after] = [early, late].map((some) =>
      highest(some.flatMap((one) => of(one) ?? [])),
    )
    if (before === undefined || after === undefined) return
    if (after > before * allowed.factor + allowed.room)
      wrong.push(`${what}: ${before.toFixed(2)}, then ${after.toFixed(2)}`)
  }
  const parts = new Set(samples.flatMap((one) => Object.keys(one.residentMib)))
  for (const part of parts) {
    compare(`MiB of ${part}`, (one) => one.residentMib[part], MEMORY)
    compare(`handles of ${part}`, (one) => one.handles[part], HANDLES)
  }
  compare('open workflows', (one) => one.openWorkflows, WORKFLOWS)
  const [grewEarly, grewLate] = [growthOf(early), growthOf(late)]
  if (grewLate > grewEarly * STORED.factor + STORED.room)
    wrong.push(`KiB stored per event: ${kib(grewEarly)}, then ${kib(grewLate)}`)
  const seen = `${samples.length} samples, ${kib(grewEarly)} then ${kib(grewLate)} KiB stored per event`
  return { name, seen, wrong }
}

/** MiB that an accepted event added to the files. */
function growthOf(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.accepted === first.accepted) return 0
  return (last.storedMib - first.storedMib) / (last.accepted - first.accepted)
}

function highest(values: number[]): number | undefined {
  return values.length > 0 ? Math.max(...values) : undefined
}

const kib = (mib: number) => (mib * 1_024).toFixed(1)

async function sizeMib(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true })
  const sizes = names.map(async (name) => {
    const file = await stat(join(folder, name)).catch(() => undefined)
    return file?.isFile() ? file.size : 0
  })
  return (await Promise.all(sizes)).reduce((all, one) => all + one, 0) / 1_048_576
}

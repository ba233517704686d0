import { setTimeout as sleep } from 'node:timers/promises'
import { type Load, startLoad } from './load/load.ts'
import { measure } from './measure/measure.ts'
import type { Row } from './measure/figures.ts'
import type { Options } from './options.ts'
import { type Stack, startStack } from './stack.ts'
import {
  BENCH_SETTINGS,
  createHook,
  heraldSystem,
  type Hook,
  MOST_CONCURRENT,
} from './systems/herald.ts'
import { readPeer } from './systems/peer.ts'
import type { System } from './systems/system.ts'

const WARM_UP = { kind: 'open', perSecond: 50, seconds: 5, connections: 64 } as const
/** What the warm-up leaves to be done is no part of a measurement. */
const REST_MS = 1_000

/** What a scenario needs beside its own figures. */
export type Run = Omit<Options, 'names' | 'json'>

/** A scenario: what it measures in a sentence, and how. */
export type Scenario = {
  says: string
  measure: (run: Run) => Promise<Row[]>
}

/** A system with a load to put on it. `stack` is there where the system is herald. */
export type Bed = { system: System; load: Load; stack?: Stack }

/** herald with a load beside it. */
export type HeraldBed = Bed & {
  stack: Stack
  /** Makes a webhook with the most concurrency for these types; its number is in its URL. */
  subscribe: (
    events: string[],
    hook?: number,
    settings?: Omit<Hook, 'events' | 'url'>,
  ) => Promise<string>
}

/** Starts herald with servers of its own, warms it up, and ends it all afterwards. */
export async function withHerald<Result>(
  { mongo }: Pick<Run, 'mongo'>,
  work: (bed: HeraldBed) => Promise<Result>,
): Promise<Result> {
  const stack = await startStack(BENCH_SETTINGS, mongo)
  try {
    return await withLoad(0, async (load) => {
      const bed = heraldBed(stack, load)
      await warmUp(bed)
      return work(bed)
    })
  } finally {
    await stack.stop()
  }
}

/** herald as it is delivered, without a load or other limits. */
export async function withStack<Result>(
  { mongo }: Pick<Run, 'mongo'>,
  work: (stack: Stack) => Promise<Result>,
): Promise<Result> {
  const stack = await startStack({}, mongo)
  try {
    return await work(stack)
  } finally {
    await stack.stop()
  }
}

/** The peer that was named, else herald, with a webhook for events of this type. */
export async function withSystem<Result>(
  { peer, mongo }: Pick<Run, 'peer' | 'mongo'>,
  type: string,
  work: (bed: Bed) => Promise<Result>,
): Promise<Result> {
  if (peer === undefined)
    return withHerald({ mongo }, async (bed) => {
      await bed.subscribe([type])
      return work(bed)
    })
  const { system, receiverPort } = await readPeer(peer)
  return withLoad(receiverPort, async (load) => {
    await measure({ system, load, type, pace: WARM_UP })
    return work({ system, load })
  })
}

/** A generator and a receiver for as long as the work takes. */
export async function withLoad<Result>(
  receiverPort: number,
  work: (load: Load) => Promise<Result>,
): Promise<Result> {
  const load = await startLoad(receiverPort)
  try {
    return await work(load)
  } finally {
    await load.stop()
  }
}

function heraldBed(stack: Stack, load: Load): HeraldBed {
  return {
    stack,
    load,
    system: heraldSystem(stack, stack.processes),
    subscribe: (events, hook = 0, settings = {}) =>
      createHook(stack, {
        concurrency: MOST_CONCURRENT,
        ...settings,
        events,
        url: load.hookUrl(hook),
      }),
  }
}

async function warmUp({ system, load, subscribe }: HeraldBed): Promise<void> {
  await subscribe(['bench.warm-up'])
  await measure({ system, load, type: 'bench.warm-up', pace: WARM_UP })
  await sleep(REST_MS)
}

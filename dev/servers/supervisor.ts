import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, type Command, lastLines, startChild } from './child.ts'
import { StartFailure } from '../failure.ts'
import { until } from './wait.ts'

/** A stop lets open attempts end: 30 s at most, and their recording. */
const DRAIN_MS = 45_000
/** Deaths before the first readiness after which the start is given up: the configuration must be wrong. */
const HOPELESS = 3
const FIRST_READY_MS = 60_000

/** How long to wait before the next start after so many deaths since it was last ready: at once, then up to 5 s. */
export function backoffMs(deaths: number): number {
  return deaths <= 1 ? 0 : Math.min(250 * 2 ** (deaths - 2), 5_000)
}

export type Supervised = {
  /** Resolves when it first answers /readyz. Throws StartFailure where it can't start, or is not ready within 60 s. */
  ready: Promise<void>
  /** Rejects when it can't be started again, say because the data folder is gone. */
  failed: Promise<never>
  stop: () => Promise<void>
  kill: () => void
}

type Supervision = {
  command: Command
  api: string
  /** A process was started, in the place of one that died if `deaths` is not 0. */
  started: (pid: number, deaths: number) => Promise<void>
  /** It died unasked; `how` in a few words. */
  died: (how: string) => void
  /** It answers again after it died. */
  back: (pid: number) => void
}

/** Runs herald and, as a process manager would, starts it again whenever it dies unasked. */
export function superviseHerald(supervision: Supervision): Supervised {
  const { command } = supervision
  const stopping = new AbortController()
  const first = firstReadiness(command)
  let child: Child | undefined
  const whenReady = async (own: Child, deaths: number) => {
    const isReady = async () => own.hasEnded() || (await answers(supervision.api))
    await until(isReady, { seconds: Infinity })
    if (own.hasEnded()) return false
    if (deaths > 0) supervision.back(own.pid)
    first.reach()
    return true
  }
  const run = async () => {
    for (let deaths = 0; !stopping.signal.aborted; deaths++) {
      await sleep(backoffMs(deaths), undefined, { signal: stopping.signal })
      child = await startChild(command)
      if (stopping.signal.aborted) return child.stop(DRAIN_MS)
      const becomesReady = whenReady(child, deaths)
      await supervision.started(child.pid, deaths)
      const how = await child.ended
      if (stopping.signal.aborted) return
      supervision.died(how)
      child.kill()
      if (await becomesReady) deaths = 0
      if (!first.isReached() && deaths + 1 >= HOPELESS) throw await hopeless(command, how)
    }
  }
  const running = run()
  const failed = running.then(() => Promise.reject(new StartFailure('herald was stopped')))
  failed.catch(first.fail)
  return {
    ready: first.promise,
    failed,
    async stop() {
      stopping.abort()
      await child?.stop(DRAIN_MS)
      await running.catch(() => undefined)
    },
    kill: () => child?.kill(),
  }
}

/** The wait for the first answer, which ends by itself after 60 s. */
function firstReadiness(command: Command) {
  let isReached = false
  const gate = new EventEmitter<{ ready: []; error: [unknown] }>()
  const fail = (error: unknown) => void gate.emit('error', error)
  const late = setTimeout(() => {
    hopeless(command, 'not ready after 60 s').then(fail, fail)
  }, FIRST_READY_MS)
  gate.on('ready', () => clearTimeout(late))
  gate.on('error', () => clearTimeout(late))
  const promise = once(gate, 'ready').then(() => undefined)
  promise.catch(() => undefined)
  return {
    promise,
    fail,
    isReached: () => isReached,
    reach() {
      isReached = true
      gate.emit('ready')
    },
  }
}

async function hopeless({ logFile }: Command, how: string): Promise<StartFailure> {
  return new StartFailure(
    `herald does not start (${how}). ${logFile} ends with:\n${await lastLines(logFile, 8)}`,
  )
}

async function answers(api: string): Promise<boolean> {
  const signal = AbortSignal.timeout(3_000)
  const response = await fetch(`${api}/readyz`, { signal, headers: { connection: 'close' } })
  await response.arrayBuffer()
  return response.ok
}

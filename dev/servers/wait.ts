import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from './child.ts'
import { lastLines } from './child.ts'
import { StartFailure } from '../failure.ts'

/** Tries until `test` gives something true, or the time is over (then undefined). What `test` throws counts as no. */
export async function until<T>(
  test: () => Promise<T>,
  { seconds, everyMs = 50 }: { seconds: number; everyMs?: number },
): Promise<T | undefined> {
  const endMs = Date.now() + seconds * 1_000
  for (;;) {
    const value = await test().catch(() => undefined)
    if (value) return value
    if (Date.now() > endMs) return undefined
    await sleep(everyMs)
  }
}

/** Waits for a server to answer. Throws StartFailure, with the end of its log, where it ends first or takes too long. */
export async function untilUp(
  name: string,
  server: { child: Child; logFile: string; answers: () => Promise<boolean> },
): Promise<void> {
  const { child, logFile, answers } = server
  const isUp = await until(async () => child.hasEnded() || (await answers()), { seconds: 90 })
  if (isUp && !child.hasEnded()) return
  const what = isUp ? `ended at once (${await child.ended})` : 'did not answer within 90 s'
  throw new StartFailure(`${name} ${what}. ${logFile} ends with:\n${await lastLines(logFile, 8)}`)
}

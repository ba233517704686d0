import { setTimeout as sleep } from 'node:timers/promises'
import type { Models } from '../models/connect.ts'
import { patiently } from '../models/patience.ts'
import { purgeNotes } from '../models/purge-notes.ts'
import { datePurges, keepAll, purgeDue } from '../models/retention.ts'
import type { HeraldRuntime } from './runtime.ts'

const PAUSE_MS = 3_600_000
const DAY_MS = 86_400_000

/** Sweeps once MongoDB answers and then every hour; every worker may, since all it does can be repeated. Ends with `stopping`. */
export async function keepRetention(
  runtime: Pick<HeraldRuntime, 'config' | 'models' | 'logger' | 'stopping' | 'mongoReady'>,
): Promise<void> {
  const { config, models, logger, mongoReady, stopping } = runtime
  const { signal } = stopping
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  await Promise.race([mongoReady, stopped])
  while (!signal.aborted) {
    try {
      const clock = { nowMs: Date.now(), days: config.RETENTION_DAYS }
      const swept = await patiently(() => sweep(models, clock), signal)
      if (swept.dated + swept.removed > 0) logger.info(swept, 'retention.swept')
    } catch (error) {
      if (!signal.aborted) logger.error({ err: error }, 'retention.failed')
    }
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** Removes what is due and dates what is over; with `days` 0 nothing goes, not even what had a date. */
export async function sweep(
  models: Models,
  { nowMs, days }: { nowMs: number; days: number },
): Promise<{ removed: number; dated: number }> {
  await purgeNotes(models, nowMs)
  if (days === 0) {
    await keepAll(models)
    return { removed: 0, dated: 0 }
  }
  const removed = await purgeDue(models, nowMs)
  return { removed, dated: await datePurges(models, { nowMs, retentionMs: days * DAY_MS }) }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Models } from '../models/connect.ts'
import { patiently } from '../models/patience.ts'
import { purgeAudit, purgeNotes } from '../models/purge-notes.ts'
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
      const { RETENTION_DAYS: days, AUDIT_RETENTION_DAYS: auditDays } = config
      const clock = { nowMs: Date.now(), days, auditDays }
      const swept = await patiently(() => sweep(models, clock), signal)
      if (swept.dated + swept.removed > 0) logger.info(swept, 'retention.swept')
    } catch (error) {
      if (!signal.aborted) logger.error({ err: error }, 'retention.failed')
    }
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined)
  }
}

/**
 * Removes what is due and dates what is over; with `days` 0 no event goes, not even one that had a date, and with `auditDays` 0
 * no entry of the audit.
 */
export async function sweep(
  models: Models,
  { nowMs, days, auditDays }: { nowMs: number; days: number; auditDays: number },
): Promise<{ removed: number; dated: number }> {
  await purgeNotes(models, nowMs)
  const forgotten =
    auditDays === 0 ? 0 : await purgeAudit(models, new Date(nowMs - auditDays * DAY_MS))
  if (days === 0) {
    await keepAll(models)
    return { removed: forgotten, dated: 0 }
  }
  const removed = forgotten + (await purgeDue(models, nowMs))
  return { removed, dated: await datePurges(models, { nowMs, retentionMs: days * DAY_MS }) }
}

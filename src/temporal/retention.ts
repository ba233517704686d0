import { msNumberToTs, optionalTsToMs } from '@temporalio/common/lib/time.js'
import type { Config } from '../config.ts'
import type { HeraldRuntime } from '../process/runtime.ts'

const DAY_MS = 86_400_000

/** Days that Temporal keeps ended workflows, never longer than herald keeps their record; 0: whatever the namespace says. */
export function temporalDays(
  config: Pick<Config, 'RETENTION_DAYS' | 'TEMPORAL_RETENTION_DAYS'>,
): number {
  const { RETENTION_DAYS: days, TEMPORAL_RETENTION_DAYS: temporal } = config
  return days === 0 ? temporal : Math.min(days, temporal)
}

/** Others may use the namespace too, so its retention is made longer where it must be and never shorter. */
export async function lengthenRetention({ config, link, logger }: HeraldRuntime): Promise<void> {
  const days = temporalDays(config)
  if (days === 0) return
  const { workflowService } = link.connection
  const { namespace } = link
  try {
    const described = await workflowService.describeNamespace({ namespace })
    const keptMs = optionalTsToMs(described.config?.workflowExecutionRetentionTtl) ?? 0
    if (keptMs >= days * DAY_MS) return
    const workflowExecutionRetentionTtl = msNumberToTs(days * DAY_MS)
    await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } })
    logger.info({ namespace, days }, 'temporal.retention_set')
  } catch (error) {
    // a namespace that somebody else governs, as in Temporal Cloud, keeps what it has
    logger.warn({ namespace, days, err: error }, 'temporal.retention_not_set')
  }
}

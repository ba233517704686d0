import { ApplicationFailure } from '@temporalio/common'
import {
  type Logger as TemporalLogger,
  type LogLevel,
  type LogMetadata,
  makeTelemetryFilterString,
  Runtime,
} from '@temporalio/worker'
import { FAILURE } from '../delivery/contract.ts'
import type { Logger } from '../logger.ts'

/** To be called once, before any connection: the SDK logs through our logger and leaves the signals to us. */
export function installTemporalRuntime(logger: Logger): void {
  const ours = temporalLogger(logger)
  const runtime = Runtime.install({
    logger: ours,
    shutdownSignals: [],
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
  })
  // What the SDK itself logs goes past its collector, which sorts all of it, whole tasks at TRACE too, among what its native
  // part logs: a tenth of the main thread's time under load.
  const collector = runtime.logger as TemporalLogger & { flush: () => void; close: () => void }
  const direct = { ...ours, flush: () => collector.flush(), close: () => collector.close() }
  Reflect.set(runtime, 'logger', direct)
}

/** Its chatter about failures that are expected stays at debug. */
export function temporalLogger(logger: Logger): TemporalLogger {
  const child = logger.child({ component: 'temporal' })
  const log = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const ours = isOrdinary(message, meta) ? 'debug' : LEVELS[level]
    if (!child.isLevelEnabled(ours)) return
    child[ours]({ ...plainFields(meta), error: meta?.['error'] && String(meta['error']) }, message)
  }
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  }
}

const LEVELS = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<LogLevel, string>

/** By which an activity asks to be run again later, or says what came of deliveries. */
const ORDINARY: ReadonlySet<unknown> = new Set(
  Object.values(FAILURE).filter((type) => type !== FAILURE.ledgerLost),
)

/**
 * A retry that waits, and a delivery that is used up: the lines of its attempts tell of it. A workflow fails of nothing else
 * (docs/operate.md); of its error the SDK hands the text alone.
 */
function isOrdinary(message: string, meta: LogMetadata = {}): boolean {
  const { error } = meta as { error?: unknown }
  const isPlanned = error instanceof ApplicationFailure && ORDINARY.has(error.type)
  return isPlanned || message === 'Workflow failed'
}

/** At debug the SDK adds whole tasks, whose payloads are the events: only plain values are kept. */
function plainFields(meta: LogMetadata = {}): Record<string, unknown> {
  const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => isPlain(value)))
}

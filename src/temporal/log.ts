import {
  type Logger as TemporalLogger,
  type LogLevel,
  type LogMetadata,
  makeTelemetryFilterString,
  Runtime,
} from '@temporalio/worker'
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
function temporalLogger(logger: Logger): TemporalLogger {
  const child = logger.child({ component: 'temporal' })
  const log = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const ours = LEVELS[level]
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

/** At debug the SDK adds whole tasks, whose payloads are the events: only plain values are kept. */
function plainFields(meta: LogMetadata = {}): Record<string, unknown> {
  const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => isPlain(value)))
}

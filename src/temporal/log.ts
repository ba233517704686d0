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
  Runtime.install({
    logger: temporalLogger(logger),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
  })
}

/** Its chatter about failures that are expected stays at debug. */
function temporalLogger(logger: Logger): TemporalLogger {
  const child = logger.child({ component: 'temporal' })
  const log = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const fields = { ...plainFields(meta), error: meta?.['error'] && String(meta['error']) }
    if (level === 'ERROR') child.error(fields, message)
    else if (level === 'WARN') child.warn(fields, message)
    else child.debug(fields, message)
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

/** At debug the SDK adds whole tasks, whose payloads are the events: only plain values are kept. */
function plainFields(meta: LogMetadata = {}): Record<string, unknown> {
  const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => isPlain(value)))
}

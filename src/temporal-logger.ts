import type { Logger as TemporalLogger, LogLevel, LogMetadata } from '@temporalio/worker'
import type { Logger } from './logger.ts'

/** Hands the SDK's log lines to ours; its chatter about failures that are expected stays at debug. */
export function temporalLogger(logger: Logger): TemporalLogger {
  const child = logger.child({ component: 'temporal' })
  const log = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const fields = { ...meta, error: meta?.['error'] && String(meta['error']) }
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

import { pino, type Logger } from 'pino'

export type { Logger }

/** JSON lines on stdout; fields that carry secrets are cut out wherever they are nested at most two deep. */
export function createLogger(level: string): Logger {
  const secret = ['authorization', 'secret', 'secrets', 'apiKey', 'password', 'cookie', 'headers']
  return pino({
    level,
    base: { service: 'herald' },
    redact: { paths: secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '…' },
  })
}

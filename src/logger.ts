import { destination, pino, type Logger } from 'pino'

export type { Logger }

const STDOUT = 1
/** Of lines that wait to be written; more are lost. */
const KEPT_BYTES = 4_194_304

/** JSON lines on stdout; fields that carry secrets are cut out wherever they are nested at most two deep. */
export function createLogger(level: string): Logger {
  const secret = ['authorization', 'secret', 'secrets', 'apiKey', 'password', 'cookie', 'headers']
  const options = {
    level,
    base: { service: 'herald' },
    redact: { paths: secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '…' },
  }
  return pino(options, lines())
}

/** Stdout, which may be a file on a full disk: then lines are lost, and herald goes on. */
function lines() {
  const out = destination({ fd: STDOUT, maxLength: KEPT_BYTES })
  const flush = out.flushSync.bind(out)
  let isFailing = false
  out.on('error', () => (isFailing = true))
  out.on('write', () => (isFailing = false))
  // at an exit or a fatal error; it would try until there is room
  out.flushSync = () => void (isFailing || flush())
  return out
}

import { Duration } from '@marcbachmann/cel-js/evaluator'
import { FunctionFault } from './function-fault.ts'

const TEXT_MAX = 64
const SECOND = 1_000_000_000n
/** Of `google.protobuf.Duration`: 10,000 years of 365.25 days. */
const NANOSECONDS_MAX = 315_576_000_000n * SECOND

const UNITS: Readonly<Record<string, bigint>> = {
  h: 3_600n * SECOND,
  m: 60n * SECOND,
  s: SECOND,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ns: 1n,
}
const PART = /(?:(\d+)(?:\.(\d*))?|\.(\d+))(ns|us|µs|μs|ms|s|m|h)/y

/**
 * The duration that a text such as `1h30m` or `-1.5s` names (the form of CEL and Go), in one pass. Throws FunctionFault
 * for any other text, and beyond 10,000 years.
 */
export function durationOf(text: string): Duration {
  const isNegative = text.startsWith('-')
  const start = isNegative || text.startsWith('+') ? 1 : 0
  if (text.length > TEXT_MAX || start === text.length) throw fault()
  const nanoseconds = text.slice(start) === '0' ? 0n : sumOfParts(text, start)
  if (nanoseconds > NANOSECONDS_MAX) throw fault()
  const signed = isNegative ? -nanoseconds : nanoseconds
  return new Duration(signed / SECOND, Number(signed % SECOND))
}

function sumOfParts(text: string, start: number): bigint {
  let sum = 0n
  PART.lastIndex = start
  while (PART.lastIndex < text.length) {
    const [, whole = '0', afterWhole, alone, unit = ''] = PART.exec(text) ?? []
    const nanoseconds = UNITS[unit]
    if (nanoseconds === undefined) throw fault()
    const fraction = (afterWhole ?? alone ?? '').slice(0, 18)
    const part = fraction && (BigInt(fraction) * nanoseconds) / 10n ** BigInt(fraction.length)
    sum += BigInt(whole) * nanoseconds + (part || 0n)
  }
  return sum
}

function fault(): FunctionFault {
  return new FunctionFault(
    `duration() takes text such as 1h30m of at most ${TEXT_MAX} characters and 10,000 years`,
  )
}

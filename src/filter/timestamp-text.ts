import { FunctionFault } from './function-fault.ts'

const TEXT_MAX = 64
/** Of `google.protobuf.Timestamp`: the years 1 to 9999. */
const EARLIEST_MS = -62_135_596_800_000
const LATEST_MS = 253_402_300_799_999

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:Z|([+-])(\d\d):(\d\d))$/i

/**
 * The time that an RFC 3339 text names, in milliseconds; what is finer is cut off. Throws FunctionFault for any other text,
 * such as one without an offset, whose meaning would depend on where herald runs.
 */
export function timestampOf(text: string): Date {
  const match = text.length <= TEXT_MAX ? RFC_3339.exec(text) : null
  if (!match) throw fault()
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six
  const [, , , , , , , fraction = '', sign, offsetHours = 0, offsetMinutes = 0] = match
  const isRight =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59 &&
    Number(offsetHours) <= 23 &&
    Number(offsetMinutes) <= 59
  if (!isRight) throw fault()
  const local = utcMs([year, month, day, hour, minute, second])
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000
  return inRange(
    local + Number(fraction.padEnd(3, '0').slice(0, 3)) + (sign === '-' ? offsetMs : -offsetMs),
  )
}

/** The time so many seconds after 1970. Throws FunctionFault beyond the years 1 to 9999. */
export function timestampAt(seconds: bigint): Date {
  return inRange(Number(seconds) * 1_000)
}

export type Six = [number, number, number, number, number, number]

/** Milliseconds since 1970 of a date in UTC; its month counts from 1. Unlike Date.UTC it takes the years before 100 as they are. */
export function utcMs([year, month, day, hour, minute, second]: Six): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.setUTCHours(hour, minute, second)
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
}

function inRange(ms: number): Date {
  if (ms >= EARLIEST_MS && ms <= LATEST_MS) return new Date(ms)
  throw fault()
}

function fault(): FunctionFault {
  return new FunctionFault(
    'timestamp() takes RFC 3339 text with an offset, or seconds, of the years 1 to 9999',
  )
}

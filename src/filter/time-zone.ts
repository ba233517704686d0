import { FunctionFault } from './function-fault.ts'
import { type Six, utcMs } from './timestamp-text.ts'

const NAME_MAX = 64
const KNOWN_MAX = 200
/** As CEL writes a fixed offset. */
const OFFSET = /^([+-]?)(\d\d):(\d\d)$/

const clocks = new Map<string, Intl.DateTimeFormat>()

/**
 * The date whose fields in UTC are those that a clock in the time zone shows then, whatever the time zone of the process.
 * A zone is an IANA name or an offset such as `-03:30`. Throws FunctionFault for any other.
 */
export function wallClock(at: Date, zone: string): Date {
  const offset = offsetMs(zone)
  return new Date(offset === undefined ? shown(at, zone) : at.getTime() + offset)
}

/** Node 20 takes no offset as a time zone, newer ones do: it is read here. */
function offsetMs(zone: string): number | undefined {
  const [, sign, hours, minutes] = OFFSET.exec(zone) ?? []
  if (hours === undefined) return undefined
  if (Number(hours) > 23 || Number(minutes) > 59) throw unknownZone()
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

function shown(at: Date, zone: string): number {
  const parts = new Map(
    clockOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const [year, ...rest] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((type) =>
    Number(parts.get(type as Intl.DateTimeFormatPartTypes)),
  ) as Six
  // the year before year 1 is 1 B
  const fields: Six = [parts.get('era') === 'B' ? 1 - year : year, ...rest]
  return utcMs(fields) + at.getUTCMilliseconds()
}

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone)
  if (known) return known
  const clock = newClock(zone)
  const [oldest] = clocks.keys()
  if (clocks.size >= KNOWN_MAX && oldest !== undefined) clocks.delete(oldest)
  clocks.set(zone, clock)
  return clock
}

function newClock(timeZone: string): Intl.DateTimeFormat {
  if (timeZone.length > NAME_MAX || !/^[A-Za-z]/.test(timeZone)) throw unknownZone()
  const part = 'numeric'
  const fields = { year: part, month: part, day: part, hour: part, minute: part, second: part }
  try {
    return new Intl.DateTimeFormat('en-US', {
      ...(fields as Record<keyof typeof fields, 'numeric'>),
      calendar: 'gregory',
      numberingSystem: 'latn',
      era: 'narrow',
      hourCycle: 'h23',
      timeZone,
    })
  } catch {
    throw unknownZone()
  }
}

function unknownZone(): FunctionFault {
  return new FunctionFault('a time zone is an IANA name or an offset such as -03:30')
}

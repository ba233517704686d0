import { useClock } from '../app/clock.tsx'
import { clockTime, exactTime, relativeTime } from '../format/time.ts'

/** A time: relative where it is near, else by the clock; the exact one is in the title. */
export function TimeText({ at, exact = false }: { at: string; exact?: boolean }) {
  const { nowMs, zone } = useClock()
  const text = exact ? exactTime(at, zone) : (relativeTime(at, nowMs) ?? clockTime(at, zone, nowMs))
  return (
    <time dateTime={at} title={exactTime(at, zone)} className="numbers">
      {text}
    </time>
  )
}

/** A time of a list: by the clock, so that rows can be compared. */
export function ClockText({ at }: { at: string }) {
  const { nowMs, zone } = useClock()
  return (
    <time dateTime={at} title={exactTime(at, zone)} className="numbers">
      {clockTime(at, zone, nowMs)}
    </time>
  )
}

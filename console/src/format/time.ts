export type Zone = 'UTC' | 'local'

const zoneOf = (zone: Zone) => (zone === 'UTC' ? { timeZone: 'UTC' } : {})

/** `2026-11-28 13:04:11 UTC`, always with its zone. */
export function exactTime(iso: string, zone: Zone): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'medium',
    ...zoneOf(zone),
  }).format(new Date(iso))
  return `${parts} ${zoneName(zone)}`
}

/** `13:04:11`, and the day before it where that is another one. */
export function clockTime(iso: string, zone: Zone, nowMs: number): string {
  const date = new Date(iso)
  const day = (at: Date) =>
    new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', ...zoneOf(zone) }).format(at)
  const time = new Intl.DateTimeFormat('sv-SE', { timeStyle: 'medium', ...zoneOf(zone) }).format(
    date,
  )
  return day(date) === day(new Date(nowMs)) ? time : `${day(date)} ${time}`
}

/** A mark of a time axis: `13:00`, and the date at midnight. */
export function markText(seconds: number, zone: Zone): string {
  const date = new Date(seconds * 1_000)
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { ...options, ...zoneOf(zone) }).format(date)
  const time = part({ hour: '2-digit', minute: '2-digit' })
  return time === '00:00' ? part({ day: 'numeric', month: 'short' }) : time
}

export function zoneName(zone: Zone): string {
  if (zone === 'UTC') return 'UTC'
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** `12 s ago`, `in 3 m 04 s`; what is more than a day away is told by its date instead (undefined). */
export function relativeTime(iso: string, nowMs: number): string | undefined {
  const ms = Date.parse(iso) - nowMs
  if (Math.abs(ms) >= 86_400_000) return undefined
  if (Math.abs(ms) < 1_000) return ms > 0 ? 'in 1 s' : 'just now'
  const length = spanText(Math.abs(ms))
  return ms > 0 ? `in ${length}` : `${length} ago`
}

/** Two units at most: `840 ms`, `1.2 s`, `3 m 04 s`, `2 h 10 m`, `3 d 4 h`. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 10) return `${trimmed(seconds.toFixed(1))} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 3_600) return twoUnits(whole, [60, 'm', 1, 's'])
  if (whole < 86_400) return twoUnits(whole, [3_600, 'h', 60, 'm'])
  return twoUnits(whole, [86_400, 'd', 3_600, 'h'])
}

function twoUnits(
  seconds: number,
  [large, largeName, small, smallName]: [number, string, number, string],
): string {
  const first = Math.floor(seconds / large)
  const second = Math.floor((seconds % large) / small)
  if (second === 0) return `${first} ${largeName}`
  const padded = largeName === 'd' ? String(second) : String(second).padStart(2, '0')
  return `${first} ${largeName} ${padded} ${smallName}`
}

function trimmed(text: string): string {
  return text.replace(/\.0$/, '')
}

import { median } from '../median.ts'
import type { Tally } from './tally.ts'
import type { Usage } from './usage.ts'

/** What a table shows of one case, by the title of its column; several numbers of one title are p50, p95 and p99. */
export type Figures = Record<string, number | number[]>

/** One case of a scenario: medians of its rounds. */
export type Row = { name: string; figures: Figures; rounds: Figures[] }

/** Of these the worst round counts: a median would hide what must not happen at all. */
const WORST = new Set(['lost', 'duplicated', 'refused (503)', 'failed', 'unsent'])

/** The figures of a tally; those that are rarely other than 0 are left out while they are. */
export function tallyFigures(tally: Tally): Figures {
  const rare = { 'refused (503)': tally.refused, failed: tally.failed, unsent: tally.unsent }
  return {
    accepted: tally.accepted,
    delivered: tally.delivered,
    lost: tally.lost,
    duplicated: tally.duplicated,
    ...Object.fromEntries(Object.entries(rare).filter(([, count]) => count > 0)),
    'delivered/s': tally.deliveredPerSecond,
    'ack ms': tally.acknowledgedMs,
    'accept→receipt ms': tally.acceptToReceiptMs,
    'post→receipt ms': tally.postToReceiptMs,
  }
}

/** CPU milliseconds an event by process, those of the measured system summed first, and its memory in MiB. */
export function costFigures(used: Usage, events: number, bench: readonly string[]): Figures {
  const isOwn = (name: string) => !bench.includes(name)
  const names = Object.keys(used)
  const perEvent = (name: string) => (used[name]?.cpuMs ?? 0) / Math.max(events, 1)
  const total = names.filter(isOwn).reduce((sum, name) => sum + perEvent(name), 0)
  return {
    'CPU ms/event': total,
    ...Object.fromEntries(names.map((name) => [`${name} CPU`, perEvent(name)])),
    ...Object.fromEntries(
      names.filter(isOwn).map((name) => [`${name} MiB`, used[name]?.residentMib ?? 0]),
    ),
  }
}

/** The medians of the rounds, of some figures the worst. */
export function rowOf(name: string, rounds: Figures[]): Row {
  const titles = new Set(rounds.flatMap((figures) => Object.keys(figures)))
  const figures = [...titles].map((title) => {
    const found = rounds.map((round) => round[title]).filter((value) => value !== undefined)
    if (WORST.has(title)) return [title, Math.max(...found.flat())] as const
    return [title, medianOf(found)] as const
  })
  return { name, figures: Object.fromEntries(figures), rounds }
}

function medianOf(values: (number | number[])[]): number | number[] {
  const [first] = values
  if (!Array.isArray(first)) return median(values.flat())
  return first.map((_, place) => median(values.map((value) => [value].flat()[place] ?? Number.NaN)))
}

/** A figure that is one number; NaN where there is none. */
export function numberOf(figures: Figures, title: string): number {
  return [figures[title] ?? Number.NaN].flat()[0] ?? Number.NaN
}

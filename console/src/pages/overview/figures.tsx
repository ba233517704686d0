import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useAnswer } from '../../api/queries.ts'
import type { Owed, Series } from '../../api/types.ts'
import { countText, shareText } from '../../format/number.ts'
import { spanText } from '../../format/time.ts'

/** The numbers of the window, and what is owed now. */
export function Figures({ series: { total } }: { series: Series }) {
  const attempts = total.delivered + total.failed + total.unknown
  const ms = (value: number | null) => (value === null ? '–' : spanText(value))
  return (
    <div className="figures">
      <Figure name="Attempts that succeeded" value={shareText(total.delivered, attempts)} />
      <Figure name="Attempts" value={countText(attempts)} />
      <Figure name="Answers, p50" value={ms(total.p50Ms)} />
      <Figure name="p95" value={ms(total.p95Ms)} />
      <Figure name="p99" value={ms(total.p99Ms)} />
      <OwedFigure />
    </div>
  )
}

/** What is on its way, asked for once for all that show it. */
export function useOwed() {
  return useAnswer<Owed>('/v1/stats/owed', { everyMs: 10_000 }).data
}

function OwedFigure() {
  const owed = useOwed()
  if (!owed) return <Figure name="Owed now" value="–" />
  const { pending, retrying, held, more } = owed
  const note = held > 0 && (
    <Link href="/deliveries?state=held">{countText(held)} held by rate limits</Link>
  )
  const value = `${countText(pending + retrying + held)}${more ? '+' : ''}`
  return <Figure name="Owed now" value={value} note={note} />
}

function Figure({ name, value, note }: { name: string; value: string; note?: ReactNode }) {
  return (
    <div>
      <div className="muted">{name}</div>
      <div className="figure-value">{value}</div>
      {note && <div>{note}</div>}
    </div>
  )
}

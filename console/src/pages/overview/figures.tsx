import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useAnswer } from '../../api/queries.ts'
import type { Series } from '../../api/types.ts'
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
      <Owed />
    </div>
  )
}

function useCount(state: 'pending' | 'retrying' | 'held') {
  const query = { query: { state }, everyMs: 10_000 }
  return useAnswer<{ count: number; more: boolean }>('/v1/deliveries/count', query).data
}

function Owed() {
  const [pending, retrying, held] = [useCount('pending'), useCount('retrying'), useCount('held')]
  const counts = [pending, retrying, held]
  const sum = counts.reduce((total, one) => total + (one?.count ?? 0), 0)
  const more = counts.some((one) => one?.more) ? '+' : ''
  const note = held && held.count > 0 && (
    <Link href="/deliveries?state=held">{countText(held.count)} held by rate limits</Link>
  )
  const value = counts.every(Boolean) ? `${countText(sum)}${more}` : '–'
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

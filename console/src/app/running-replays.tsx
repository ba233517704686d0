import { Progress } from '@mantine/core'
import { Link } from 'wouter'
import { useAnswer } from '../api/queries.ts'
import type { Page, ReplaySummary } from '../api/types.ts'
import { countText } from '../format/number.ts'
import { spanText } from '../format/time.ts'

/** What is being sent again, on every page until it is done. */
export function RunningReplays() {
  const { data } = useAnswer<Page<ReplaySummary>>('/v1/replays', {
    query: { state: 'running', limit: 3 },
    everyMs: 3_000,
  })
  return data?.data.map((replay) => (
    <Link
      key={replay.id}
      href={`/replays/${replay.id}`}
      className="note row"
      style={{ marginBottom: 16, color: 'inherit', textDecoration: 'none' }}
    >
      <span>
        Replay: {countText(replay.sent)} of {countText(replay.selected)} handed over,{' '}
        {spanText(replay.estimatedSeconds * 1_000)} left
      </span>
      <Progress
        style={{ flex: 1, minWidth: 80 }}
        value={(100 * replay.sent) / Math.max(replay.selected, 1)}
        aria-label="Handed over"
      />
    </Link>
  ))
}

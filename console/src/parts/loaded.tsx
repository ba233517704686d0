import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { problemOf } from '../api/call.ts'
import { useClock } from '../app/clock.tsx'
import { spanText } from '../format/time.ts'
import { ErrorNote } from './error-note.tsx'
import { Skeleton } from './skeleton.tsx'

type Query<Data> = Pick<
  UseQueryResult<Data>,
  'data' | 'error' | 'refetch' | 'dataUpdatedAt' | 'isPlaceholderData'
>

/** What was asked for once it is there; what is old stays, greyed, with its age, while it cannot be had anew. */
export function Loaded<Data>({
  query,
  lines,
  children,
}: {
  query: Query<Data>
  lines?: number
  children: (data: Data) => ReactNode
}) {
  const { data, error, refetch, dataUpdatedAt } = query
  const { nowMs } = useClock()
  const again = () => void refetch()
  if (data === undefined)
    return error ? (
      <ErrorNote error={error} again={again} />
    ) : (
      <Skeleton {...(lines !== undefined && { lines })} />
    )
  return (
    <>
      {error && (
        <div className="note note-warn row" style={{ marginBottom: 12 }}>
          <span>
            {problemOf(error).detail} What is shown is{' '}
            {spanText(Math.max(nowMs - dataUpdatedAt, 0))} old.
          </span>
          <button type="button" className="link-button" onClick={again}>
            Try again
          </button>
        </div>
      )}
      <div className={error ? 'stale' : ''}>{children(data)}</div>
    </>
  )
}

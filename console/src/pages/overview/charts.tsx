import { useMemo } from 'react'
import type { Series } from '../../api/types.ts'
import { Chart, type Line } from '../../parts/chart.tsx'

const COLOURS = {
  delivered: '#2f9e44',
  failed: '#e03131',
  unknown: '#868e96',
  p50: '#1c7ed6',
  p95: '#e8890c',
  p99: '#ae3ec9',
}

/** Attempts by outcome and how long answers took, over the window. */
export function Charts({ series: { points, stepSeconds } }: { series: Series }) {
  const times = useMemo(() => points.map(({ at }) => at), [points])
  const step = stepSeconds === 60 ? 'a minute' : 'an hour'
  const outcomes = useMemo(() => stacked(points), [points])
  const latencies = useMemo(
    () =>
      (['p50', 'p95', 'p99'] as const).map((name) => ({
        name,
        colour: COLOURS[name],
        values: points.map((point) => point[`${name}Ms`]),
      })),
    [points],
  )
  return (
    <div className="columns-2">
      <Chart title="Attempts by outcome" unit={step} times={times} lines={outcomes} />
      <Chart title="Time to the answer" unit="milliseconds" times={times} lines={latencies} />
    </div>
  )
}

/** Those that failed stand at the bottom, for they are what one looks for. */
function stacked(points: Series['points']): Line[] {
  const names = ['delivered', 'failed', 'unknown'] as const
  return names.map((name, index) => ({
    name,
    colour: COLOURS[name],
    isBar: true,
    values: points.map((point) => point[name]),
    drawn: points.map((point) => names.slice(index).reduce((sum, one) => sum + point[one], 0)),
  }))
}

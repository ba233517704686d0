import { useElementSize } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import { useClock } from '../app/clock.tsx'
import { clockTime, markText, type Zone } from '../format/time.ts'

export type Line = {
  name: string
  colour: string
  values: readonly (number | null)[]
  isBar?: boolean
  /** What is drawn, where that is another height: bars that stand on others. */
  drawn?: readonly number[]
}
type Props = {
  title: string
  /** Of the numbers. */
  unit: string
  /** ISO, one for each value. */
  times: readonly string[]
  lines: readonly Line[]
}

const HEIGHT = 160

/** A chart over time with its numbers under the pointer, and all of them as a table. */
export function Chart({ title, unit, times, lines }: Props) {
  const [isTable, setTable] = useState(false)
  return (
    <figure className="panel stack" style={{ margin: 0 }} aria-label={title}>
      <div className="row row-spread">
        <h2>
          {title} <span className="muted">{unit}</span>
        </h2>
        <button type="button" className="link-button" onClick={() => setTable(!isTable)}>
          {isTable ? 'Show as chart' : 'Show as table'}
        </button>
      </div>
      {isTable ? (
        <Numbers title={title} times={times} lines={lines} />
      ) : (
        <Plot times={times} lines={lines} />
      )}
    </figure>
  )
}

function Plot({ times, lines }: Pick<Props, 'times' | 'lines'>) {
  const { ref, width } = useElementSize<HTMLDivElement>()
  const at = useRef<HTMLDivElement>(null)
  const [index, setIndex] = useState<number | null>(null)
  const { zone, nowMs } = useClock()
  useEffect(() => {
    if (!at.current || width === 0) return undefined
    const plot = new uPlot(
      optionsOf(lines, { width, zone, setIndex }),
      dataOf(times, lines),
      at.current,
    )
    return () => plot.destroy()
  }, [times, lines, width, zone])
  const shown = index ?? times.length - 1
  const time = times[shown]
  return (
    <div ref={ref}>
      <div className="chart-legend">
        <span className="muted numbers">{time && clockTime(time, zone, nowMs)}</span>
        {lines.map(({ name, colour, values }) => (
          <span key={name} className="numbers">
            <span className="swatch" style={{ background: colour }} />
            {name} {values[shown] ?? '–'}
          </span>
        ))}
      </div>
      <div ref={at} className="chart" aria-hidden="true" />
    </div>
  )
}

function dataOf(times: readonly string[], lines: readonly Line[]): uPlot.AlignedData {
  const seconds = times.map((time) => Date.parse(time) / 1_000)
  return [seconds, ...lines.map(({ values, drawn }) => [...(drawn ?? values)])]
}

type Drawn = { width: number; zone: Zone; setIndex: (index: number | null) => void }

function optionsOf(lines: readonly Line[], { width, zone, setIndex }: Drawn): uPlot.Options {
  const styles = getComputedStyle(document.documentElement)
  const [muted, line] = ['--muted', '--line'].map((name) => styles.getPropertyValue(name))
  const axis = {
    stroke: muted ?? '',
    grid: { stroke: line ?? '', width: 1 },
    font: '11px system-ui',
  }
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] })
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false } },
    ...(zone === 'UTC' && {
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
    }),
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(most, 1)] } },
    axes: [
      { ...axis, values: (_plot, marks) => marks.map((mark) => markText(mark, zone)) },
      { ...axis, size: 48 },
    ],
    series: [
      {},
      ...lines.map(({ colour, isBar }) => ({
        stroke: colour,
        width: 1.5,
        spanGaps: true,
        points: { size: 4, ...(isBar && { show: false }) },
        ...(isBar && bars && { fill: colour, paths: bars }),
      })),
    ],
    hooks: { setCursor: [(plot) => setIndex(plot.cursor.idx ?? null)] },
  }
}

function Numbers({ title, times, lines }: Pick<Props, 'title' | 'times' | 'lines'>) {
  const { zone, nowMs } = useClock()
  return (
    <div
      className="table-wrap"
      style={{ maxHeight: 320, overflowY: 'auto' }}
      tabIndex={0}
      role="region"
      aria-label={title}
    >
      <table className="data compact">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map(({ name }) => (
              <th key={name} scope="col" className="end">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((time, index) => (
            <tr key={time}>
              <td>{clockTime(time, zone, nowMs)}</td>
              {lines.map(({ name, values }) => (
                <td key={name} className="end">
                  {values[index] ?? '–'}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

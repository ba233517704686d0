import { countText } from '../format/number.ts'

const WIDTH = 72
const HEIGHT = 20

/** One bar a step; its numbers are its label, since it is too small for axes. */
export function Sparkline({ counts, unit }: { counts: readonly number[]; unit: string }) {
  const most = Math.max(...counts, 1)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const step = WIDTH / Math.max(counts.length, 1)
  const label = `${countText(total)} ${unit}, at most ${countText(Math.max(...counts, 0))} a step`
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      <title>{label}</title>
      {counts.map((count, index) => {
        const height = count === 0 ? 1 : Math.max(2, (count / most) * HEIGHT)
        return (
          <rect
            key={index}
            x={index * step}
            y={HEIGHT - height}
            width={Math.max(step - 1, 1)}
            height={height}
            fill={count === 0 ? 'var(--line)' : 'var(--accent)'}
          />
        )
      })}
    </svg>
  )
}

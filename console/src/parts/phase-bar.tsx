import type { Attempt } from '../api/types.ts'
import { spanText } from '../format/time.ts'

/** Where the time of an attempt went. */
export function PhaseBar({ timings }: { timings: NonNullable<Attempt['timings']> }) {
  const { dnsMs, connectMs, tlsMs, ttfbMs, totalMs } = timings
  const known = [dnsMs, connectMs, tlsMs, ttfbMs].reduce<number>((sum, ms) => sum + (ms ?? 0), 0)
  const phases = [
    { name: 'DNS', ms: dnsMs },
    { name: 'connect', ms: connectMs },
    { name: 'TLS', ms: tlsMs },
    { name: 'first byte', ms: ttfbMs },
    { name: 'body', ms: Math.max(totalMs - known, 0) },
  ]
  const text = phases
    .filter(({ ms }) => ms !== null)
    .map(({ name, ms }) => `${name} ${spanText(ms ?? 0)}`)
    .join(' · ')
  return (
    <div className="stack stack-tight">
      <div className="numbers">
        {text} · <strong>{spanText(totalMs)}</strong> in all
      </div>
      <div className="phases" aria-hidden="true">
        {phases.map(({ name, ms }, index) => (
          <div
            key={name}
            className={`phase-${index + 1}`}
            style={{ width: `${(100 * (ms ?? 0)) / Math.max(totalMs, 0.01)}%` }}
          />
        ))}
      </div>
      {dnsMs === null && connectMs === null && (
        <div className="muted">A kept connection was used, so there was nothing to look up.</div>
      )}
    </div>
  )
}

import type { ReplayCount } from '../../api/types.ts'
import { countText, plural } from '../../format/number.ts'
import { spanText } from '../../format/time.ts'

/** What a replay would send, to whom, and how long it takes. */
export function CountNote({ counted }: { counted: ReplayCount }) {
  const { count, rate, estimatedSeconds, passedOver, perWebhook, warnings } = counted
  if (count === 0)
    return (
      <p className="note">
        Nothing matches.{' '}
        {passedOver > 0 && `${countText(passedOver)} are left out: their webhook is not active.`}
      </p>
    )
  const to = perWebhook.map(({ name, count: its }) => `${name} (${countText(its)})`).join(', ')
  return (
    <div className="note stack stack-tight" role="status">
      <div>
        {plural(count, 'delivery', 'deliveries')} to {to}, at {rate} a second: about{' '}
        {spanText(estimatedSeconds * 1_000)}. Each keeps its id, and gets its whole schedule.
      </div>
      {passedOver > 0 && (
        <div>{countText(passedOver)} more are left out: their webhook is not active.</div>
      )}
      {warnings?.map(({ code, detail }) => (
        <div key={code} className="tone-warn">
          {detail}
        </div>
      ))}
    </div>
  )
}

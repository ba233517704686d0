import { Link } from 'wouter'
import { plural } from '../../format/number.ts'

export type SentEvent = {
  id: string
  duplicate?: boolean
  deliveries?: { id: string; state: string }[]
}

/** What became of an event that was just sent: the answer waited for its first attempts. */
export function Sent({ sent: { id, deliveries } }: { sent: SentEvent }) {
  return (
    <div className="note note-good" role="status">
      Accepted as <Link href={`/events/${id}`}>{id}</Link>
      {deliveries && deliveries.length > 0 && (
        <>
          : {plural(deliveries.length, 'delivery', 'deliveries')},{' '}
          {deliveries.filter(({ state }) => state === 'delivered').length} delivered at once
        </>
      )}
      {deliveries?.length === 0 && ': no webhook wants it'}.
    </div>
  )
}

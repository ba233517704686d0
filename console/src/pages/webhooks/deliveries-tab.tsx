import { Link } from 'wouter'
import { useList } from '../../api/queries.ts'
import type { DeliverySummary, Webhook } from '../../api/types.ts'
import { ListPages } from '../../parts/list-pages.tsx'
import { DeliveryTable } from '../deliveries/delivery-table.tsx'

export function DeliveriesTab({ webhook: { id, name } }: { webhook: Webhook }) {
  const list = useList<DeliverySummary>('/v1/deliveries', {
    query: { webhook: id, limit: 25 },
  })
  return (
    <div className="stack">
      <div>
        <Link href={`/deliveries?webhook=${id}`}>Filter, tail, replay or cancel them</Link>
      </div>
      <ListPages query={list} empty={<p className="muted">It has got no event yet.</p>}>
        {(rows) => <DeliveryTable rows={rows} names={new Map([[id, name]])} />}
      </ListPages>
    </div>
  )
}

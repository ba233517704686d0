import type { Webhook } from '../../api/types.ts'
import { AuditTable } from '../access/audit-table.tsx'

export function AuditTab({ webhook: { id } }: { webhook: Webhook }) {
  return <AuditTable query={{ resource: id }} />
}

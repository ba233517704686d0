import { z } from 'zod'
import { FilterText } from '../../parts/filter-text.tsx'
import { timeFilter, useFilters } from '../../parts/filters.ts'
import { PageHead } from '../../parts/page.tsx'
import { TimeRange } from '../../parts/time-range.tsx'
import { AuditTable } from './audit-table.tsx'

const filters = z.object({
  action: z.string().optional(),
  resource: z.string().optional(),
  key: z.string().optional(),
  from: timeFilter,
  to: timeFilter,
})

export default function AuditPage() {
  const [given, change] = useFilters(filters)
  const text = (name: 'action' | 'resource' | 'key', label: string) => (
    <FilterText
      label={label}
      value={given[name]}
      change={(value) => change({ [name]: value })}
      width={200}
    />
  )
  return (
    <>
      <PageHead title="Audit" />
      <div className="stack">
        <div className="row" role="search" aria-label="Filters">
          {text('action', 'Action, such as webhook.changed')}
          {text('resource', 'Id of what was changed')}
          {text('key', 'API key, hk_…')}
          <TimeRange from={given.from} to={given.to} change={change} />
        </div>
        <AuditTable query={given} />
      </div>
    </>
  )
}

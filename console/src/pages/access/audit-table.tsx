import { useState } from 'react'
import { useList } from '../../api/queries.ts'
import type { AuditEntry } from '../../api/types.ts'
import { ListPages } from '../../parts/list-pages.tsx'
import { ClockText } from '../../parts/time-text.tsx'
import { Table } from '../../parts/table.tsx'

const HEADS = [{ title: 'When', className: 'first' }, 'Who', 'What', 'Of', 'Changed']

/** Who changed what, with the fields that changed. */
export function AuditTable({ query }: { query: Record<string, string | undefined> }) {
  const list = useList<AuditEntry>('/v1/audit', { query: { ...query, limit: 50 } })
  const [open, setOpen] = useState<string>()
  return (
    <ListPages query={list} empty={<p className="muted">Nothing was changed.</p>}>
      {(rows) => (
        <Table caption="Audit" heads={HEADS}>
          {rows.map((entry) => (
            <tr key={entry.id}>
              <td className="first">
                <ClockText at={entry.at} />
              </td>
              <td className="mono">{entry.key}</td>
              <td>{entry.action}</td>
              <td className="mono cell-text">{entry.resource}</td>
              <td className="wide">
                <Changed
                  entry={entry}
                  isOpen={open === entry.id}
                  toggle={() => setOpen(open === entry.id ? undefined : entry.id)}
                />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </ListPages>
  )
}

function Changed({
  entry: { before, after },
  isOpen,
  toggle,
}: {
  entry: AuditEntry
  isOpen: boolean
  toggle: () => void
}) {
  const [old, now] = [recordOf(before), recordOf(after)]
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) =>
      JSON.stringify(old[name]) !== JSON.stringify(now[name]) &&
      !['version', 'updatedAt'].includes(name),
  )
  if (names.length === 0) return <span className="muted">–</span>
  return (
    <div className="stack stack-tight">
      <button type="button" className="link-button" aria-expanded={isOpen} onClick={toggle}>
        {names.slice(0, 4).join(', ')}
        {names.length > 4 && ` +${names.length - 4}`}
      </button>
      {isOpen && (
        <dl className="facts">
          {names.map((name) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd className="mono">
                {name in old && <del>{JSON.stringify(old[name])}</del>}{' '}
                {name in now && JSON.stringify(now[name])}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  )
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

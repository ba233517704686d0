import { Checkbox } from '@mantine/core'
import { type MouseEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useKeys } from './keys.ts'
import { RowGroup } from './row-group.tsx'
import { Table } from './table.tsx'

export type Column<Row> = {
  title: string
  cell: (row: Row) => ReactNode
  align?: 'end'
  /** Left out on small screens. */
  minor?: boolean
}
type Selection = { chosen: ReadonlySet<string>; choose: (ids: ReadonlySet<string>) => void }
type Props<Row> = {
  /** What the rows are, for screen readers. */
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  open?: (row: Row) => void
  selection?: Selection
  /** Rows of one name stay together under it, and can be folded away. */
  groupOf?: (row: Row) => string
}

/** A real table: the first column stays in sight, `j` `k` walk, Enter opens, `x` selects. */
export function DataTable<Row>(props: Props<Row>) {
  const { caption, columns, rows, keyOf, open, selection, groupOf } = props
  const { row: current, walk } = useCurrent(rows, keyOf)
  useKeys({
    j: () => walk(1),
    k: () => walk(-1),
    Enter: () => current && open?.(current),
    x: () => current && selection && toggle(selection, keyOf(current)),
  })
  const rowOf = (one: Row) => (
    <TableRow key={keyOf(one)} {...props} row={one} isCurrent={one === current} />
  )
  return (
    <Table
      caption={caption}
      isGrouped={groupOf !== undefined}
      heads={columns.map(({ title, align, minor }, index) => ({
        title,
        className: classOf({ index, align, minor }),
      }))}
      lead={selection && <SelectAll ids={rows.map(keyOf)} selection={selection} />}
    >
      {groupOf
        ? [...Map.groupBy(rows, groupOf)].map(([name, members]) => (
            <RowGroup key={name} name={name} count={members.length} span={columns.length}>
              {members.map(rowOf)}
            </RowGroup>
          ))
        : rows.map(rowOf)}
    </Table>
  )
}

/** The row that the keys mean, by its key: other rows may come above it. */
function useCurrent<Row>(rows: readonly Row[], keyOf: (row: Row) => string) {
  const [key, setKey] = useState<string>()
  const at = rows.findIndex((row) => keyOf(row) === key)
  const walk = (step: number) => {
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)]
    if (next !== undefined) setKey(keyOf(next))
  }
  return { row: rows[at], walk }
}

function TableRow<Row>({
  columns,
  keyOf,
  open,
  selection,
  row,
  isCurrent,
}: Props<Row> & { row: Row; isCurrent: boolean }) {
  const id = keyOf(row)
  const line = useRef<HTMLTableRowElement>(null)
  useEffect(() => {
    if (isCurrent) line.current?.scrollIntoView({ block: 'nearest' })
  }, [isCurrent])
  const onClick = (event: MouseEvent<HTMLElement>) => {
    const isControl = (event.target as HTMLElement).closest('a, button, input, label')
    const isMarking = (window.getSelection()?.toString().length ?? 0) > 0
    if (!isControl && !isMarking) open?.(row)
  }
  return (
    <tr
      ref={line}
      className={isCurrent ? 'current' : ''}
      style={open && { cursor: 'pointer' }}
      onClick={onClick}
      {...(isCurrent && { 'aria-current': 'true' })}
    >
      {selection && (
        <td>
          <Checkbox
            size="xs"
            aria-label={`Select ${id}`}
            checked={selection.chosen.has(id)}
            onChange={() => toggle(selection, id)}
          />
        </td>
      )}
      {columns.map(({ title, cell, align, minor }, index) => (
        <td key={title} className={classOf({ index, align, minor })}>
          {cell(row)}
        </td>
      ))}
    </tr>
  )
}

function SelectAll({ ids, selection }: { ids: string[]; selection: Selection }) {
  const chosen = ids.filter((id) => selection.chosen.has(id)).length
  return (
    <th scope="col" style={{ width: 32 }}>
      <Checkbox
        size="xs"
        aria-label="Select all rows"
        checked={chosen > 0 && chosen === ids.length}
        indeterminate={chosen > 0 && chosen < ids.length}
        onChange={() => selection.choose(new Set(chosen === ids.length ? [] : ids))}
      />
    </th>
  )
}

function toggle({ chosen, choose }: Selection, id: string): void {
  const next = new Set(chosen)
  if (!next.delete(id)) next.add(id)
  choose(next)
}

function classOf(cell: {
  index: number
  align: 'end' | undefined
  minor: boolean | undefined
}): string {
  const { index, align, minor } = cell
  return [index === 0 && 'first', align, minor && 'hide-small'].filter(Boolean).join(' ')
}

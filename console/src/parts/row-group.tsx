import { type ReactNode, useState } from 'react'

type Props = { name: string; count: number; span: number; children: ReactNode }

/** Rows of a table under their name, which folds them away; a single row needs none. */
export function RowGroup({ name, count, span, children }: Props) {
  const [isOpen, setOpen] = useState(true)
  if (count === 1) return <tbody>{children}</tbody>
  return (
    <tbody>
      <tr>
        <th colSpan={span} scope="rowgroup" className="group">
          <button
            type="button"
            className="link-button"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {name} ({count})
          </button>
        </th>
      </tr>
      {isOpen && children}
    </tbody>
  )
}

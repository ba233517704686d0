import type { ReactNode } from 'react'

type Head = {
  title: string
  className?: string
  /** For screen readers only. */
  isHidden?: boolean
}
type Props = {
  /** What the rows are, for screen readers. */
  caption: string
  heads: readonly (string | Head)[]
  /** A head of its own before them. */
  lead?: ReactNode
  /** The children are bodies, one for each group of rows. */
  isGrouped?: boolean
  children: ReactNode
}

/** A table that scrolls within its frame where it is wider. */
export function Table({ caption, heads, lead, isGrouped, children }: Props) {
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={caption}>
      <table className="data">
        <thead>
          <tr>
            {lead}
            {heads.map((head) => {
              const { title, className, isHidden } =
                typeof head === 'string' ? { title: head } : head
              return (
                <th key={title} scope="col" {...(className && { className })}>
                  {isHidden ? <span className="sr-only">{title}</span> : title}
                </th>
              )
            })}
          </tr>
        </thead>
        {isGrouped ? children : <tbody>{children}</tbody>}
      </table>
    </div>
  )
}

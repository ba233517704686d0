import { Button } from '@mantine/core'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { rowsOf } from '../api/queries.ts'
import type { Page } from '../api/types.ts'
import { Loaded } from './loaded.tsx'

type Props<Row> = {
  query: UseInfiniteQueryResult<InfiniteData<Page<Row>>>
  empty: ReactNode
  children: (rows: Row[]) => ReactNode
}

/** The pages of a list so far, and a button for the next one. */
export function ListPages<Row>({ query, empty, children }: Props<Row>) {
  return (
    <Loaded query={query} lines={10}>
      {(data) => {
        const rows = rowsOf(data)
        if (rows.length === 0) return empty
        return (
          <div className="stack">
            {children(rows)}
            {query.hasNextPage && (
              <div>
                <Button
                  variant="default"
                  size="compact-sm"
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  Show older ones
                </Button>
              </div>
            )}
          </div>
        )
      }}
    </Loaded>
  )
}

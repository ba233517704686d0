import { useCallback, useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'
import { z } from 'zod'

/** A filter that is a time. */
export const timeFilter = z.iso.datetime({ offset: true }).optional()

/**
 * The filters of a page, kept in its address: links, reloads and the way back keep them. What the schema does not take is
 * left out.
 */
export function useFilters<Shape extends z.ZodObject>(
  schema: Shape,
): [z.output<Shape>, (change: Partial<Record<keyof z.output<Shape>, string | undefined>>) => void] {
  const search = useSearch()
  const [path, go] = useLocation()
  const filters = useMemo(() => readFilters(schema, search), [schema, search])
  const change = useCallback(
    (changes: Partial<Record<keyof z.output<Shape>, string | undefined>>) => {
      const next = new URLSearchParams(search)
      for (const [name, value] of Object.entries(changes) as [string, string | undefined][]) {
        if (value === undefined || value === '') next.delete(name)
        else next.set(name, value)
      }
      const text = next.toString()
      go(text ? `${path}?${text}` : path, { replace: true })
    },
    [search, path, go],
  )
  return [filters, change]
}

function readFilters<Shape extends z.ZodObject>(schema: Shape, search: string): z.output<Shape> {
  const given = Object.fromEntries(new URLSearchParams(search))
  const whole = schema.safeParse(given)
  if (whole.success) return whole.data
  const wrong = new Set(whole.error.issues.map(({ path: [name] }) => name))
  const right = Object.entries(given).filter(([name]) => !wrong.has(name))
  return schema.parse(Object.fromEntries(right))
}

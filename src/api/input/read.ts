import type { z } from 'zod'
import { sentenceOf } from './sentence.ts'

const OURS = { error: sentenceOf, reportInput: true } as const

/** What null means where it is no value of its own: nothing given, as in a merge patch, or a mistake. */
export type Nulls = 'absent' | 'refused'

/** What a schema makes of an input, its faults in our words. */
export function read<T>(
  schema: z.ZodType<T>,
  input: unknown,
  nullMeans: Nulls = 'absent',
): z.ZodSafeParseResult<T> {
  const first = schema.safeParse(input, OURS)
  if (first.success || nullMeans === 'refused') return first
  const nulls = first.error.issues.filter((issue) => issue.input === null && issue.path.length > 0)
  if (nulls.length === 0) return first
  const copy = structuredClone(input)
  for (const { path } of nulls) remove(copy, path)
  return schema.safeParse(copy, OURS)
}

/** Elements of an array stay: without one the others would have other places. */
function remove(whole: unknown, path: readonly PropertyKey[]): void {
  const holder = path.slice(0, -1).reduce<unknown>((at, key) => Object(at)[key], whole)
  const last = path.at(-1)
  if (typeof holder !== 'object' || holder === null || Array.isArray(holder)) return
  if (last !== undefined) Reflect.deleteProperty(holder, last)
}

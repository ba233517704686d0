import { z } from 'zod'
import { durationMs, parseDuration } from '../../delivery/duration.ts'

/** A text such as `1s` whose length is between two others. */
export function durationSchema(least: string, most: string) {
  return z
    .string()
    .refine((text) => {
      const ms = parseDuration(text)
      return ms !== undefined && ms >= durationMs(least) && ms <= durationMs(most)
    }, `must be a duration from ${least} to ${most}, such as 500ms, 1s, 3m or 24h`)
    .meta({ description: `A duration from ${least} to ${most}, such as 1s, 3m or 24h.` })
}

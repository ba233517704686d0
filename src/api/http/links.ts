import type { Config } from '../../config.ts'

/** A path of this API as callers reach it: absolute where PUBLIC_URL says how, else from the root. */
export function publicUrl(config: Pick<Config, 'PUBLIC_URL'>, path: string): string {
  return (config.PUBLIC_URL ?? '') + path
}

import type { Config } from '../../config.ts'

/** A path of this API as callers reach it: absolute where PUBLIC_URL says how, else from the root. */
export function publicUrl(config: Pick<Config, 'PUBLIC_URL'>, path: string): string {
  return (config.PUBLIC_URL ?? '') + path
}

/** Where the code of an attempt or of a delivery's end is explained; a problem may be called the same, so it is set apart. */
export function helpPath(code: string): string {
  return `/docs/errors#${helpAnchor(code)}`
}

/** Its place on the page. */
export function helpAnchor(code: string): string {
  return `delivery-${code}`
}

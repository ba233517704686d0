/** A media type as a Content-Type names it; `fault` where a parameter says that the text is not UTF-8. */
export type MediaType = { type: string; fault?: string }

/** ASCII is UTF-8 too. */
const UTF8 = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii'])
const JSON_TYPE = /^[\w.!#$&^+-]+\/(?:[\w.!#$&^-]+\+)*json$/

/**
 * The type in lower case, without its parameters. Only `charset` means something for JSON (RFC 8259 11 has no
 * parameter), so `version=2`, `profile="…"` and the like are passed over; empty where there is none.
 */
export function mediaTypeOf(contentType: string): MediaType {
  const [type = '', ...parameters] = partsOf(contentType)
  const wrong = parameters.find((text) => {
    const [name, value] = halvesOf(text)
    return name.toLowerCase() === 'charset' && !UTF8.has(unquoted(value).toLowerCase())
  })
  return {
    type: type.toLowerCase(),
    ...(wrong !== undefined && { fault: `${wrong.slice(0, 64)}: must be UTF-8` }),
  }
}

/** Whether the type holds JSON, as application/json and application/vnd.example+json do. */
export function isJsonType({ type }: MediaType): boolean {
  return JSON_TYPE.test(type)
}

/** The pieces between semicolons, but for those within quotes. */
function partsOf(contentType: string): string[] {
  const pieces = contentType.match(/(?:"(?:[^"\\]|\\.)*"?|[^;"])+/gs) ?? []
  return pieces.map((text) => text.trim())
}

function halvesOf(parameter: string): [name: string, value: string] {
  const at = parameter.indexOf('=')
  return at < 0 ? [parameter, ''] : [parameter.slice(0, at).trim(), parameter.slice(at + 1).trim()]
}

function unquoted(value: string): string {
  const quoted = /^"(.*)"$/s.exec(value)?.[1]
  return quoted === undefined ? value : quoted.replaceAll(/\\(.)/gs, '$1')
}

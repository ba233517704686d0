import type { Placed } from './document.ts'

/** A command for a POSIX shell; ids are its variables, named for what they are of. */
export function curlOf({ method, path, operation }: Placed): string {
  const json = operation.requestBody?.content['application/json']
  const lines = [
    `curl -sS "$HERALD_URL${variables(path)}"`,
    ...(method === 'get' ? [] : [`-X ${method.toUpperCase()}`]),
    ...(operation.security?.length ? ['-H "Authorization: Bearer $HERALD_KEY"'] : []),
    ...(operation.parameters?.some(({ name }) => name === 'If-Match')
      ? [`-H "If-Match: $ETAG"`]
      : []),
    ...(json ? [`-H 'Content-Type: application/json'`, `-d ${quoted(json.example ?? {})}`] : []),
  ]
  return lines.join(' \\\n  ')
}

/** `/v1/webhooks/{id}` → `/v1/webhooks/$WEBHOOK_ID`. */
function variables(path: string): string {
  return path.replaceAll(/([\w-]+)\/\{(\w+)\}/g, (_all, of: string, name: string) => {
    const single = of.replace(/ies$/, 'y').replace(/s$/, '').replaceAll('-', '_')
    return `${of}/$${`${single}_${name}`.toUpperCase()}`
  })
}

function quoted(value: unknown): string {
  return `'${JSON.stringify(value, null, 2).replaceAll("'", String.raw`'\''`)}'`
}

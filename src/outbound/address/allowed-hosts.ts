/** Host names that the operator allows whatever their addresses, each for every port or for one: `queue`, `queue:8080`. */
export class AllowedHosts {
  private readonly names: ReadonlySet<string>

  constructor(entries: readonly string[]) {
    this.names = new Set(entries.map(normalEntry))
  }

  has(hostname: string, port: number): boolean {
    return this.names.has(hostname) || this.namesPort(hostname, port)
  }

  /** Whether the operator wrote this very port, so that one which is denied otherwise is meant. */
  namesPort(hostname: string, port: number): boolean {
    return this.names.has(`${hostname} ${port}`)
  }
}

/** A host as it is compared: lower case, without brackets and without a final dot. */
export function normalHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.*)\]$/, '$1')
}

function normalEntry(entry: string): string {
  const [, host = entry, port] = /^(\[.*\]|[^:]+):(\d{1,5})$/.exec(entry) ?? []
  return port === undefined ? normalHost(host) : `${normalHost(host)} ${Number(port)}`
}

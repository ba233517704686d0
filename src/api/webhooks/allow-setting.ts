/** What an operator sets to allow a URL that was refused with this code; undefined where nothing allows it. */
export function settingFor(code: string, url: string): string | undefined {
  const { hostname = '', port = '' } = URL.canParse(url) ? new URL(url) : {}
  if (code === 'url_scheme') return /^http:/i.test(url) ? 'ALLOW_HTTP=true' : undefined
  if (code === 'addr_not_public') return `OUTBOUND_ALLOW_CIDRS=<network of ${hostname}>`
  if (code === 'url_host_special') return `OUTBOUND_ALLOW_HOSTS=${hostname}`
  if (code === 'url_port') return `OUTBOUND_ALLOW_HOSTS=${hostname}:${port}`
  return undefined
}

/** An id with its middle left out; short ones stay whole. */
export function shortId(id: string, most = 16): string {
  if (id.length <= most) return id
  const tail = Math.floor((most - 1) / 3)
  return `${id.slice(0, most - 1 - tail)}…${id.slice(-tail)}`
}

/** The page of whatever an id names, by its prefix. */
export function pageOfId(text: string): string | undefined {
  const id = text.trim()
  if (/^dlv_\w+$/.test(id)) return `/deliveries/${id}`
  if (/^wh_\w+$/.test(id)) return `/settings/webhooks/${id}`
  if (/^evt_\w+$/.test(id)) return `/events/${id}`
  if (/^rpl_\w+$/.test(id)) return `/replays/${id}`
  return undefined
}

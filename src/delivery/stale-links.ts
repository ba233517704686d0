/** The URLs in `files.clientFiles` of a process_run_end are valid for this long (product contract §7). */
const FILE_URLS_VALID_MS = 24 * 3_600_000

/** What to tell whoever sends an old event again: its bytes stay as they are, but links in them may have expired. */
export function staleLinksWarning(
  event: { type: string; createdAtMs: number },
  nowMs: number,
): { code: string; detail: string } | undefined {
  if (event.type !== 'process_run_end') return undefined
  if (nowMs - event.createdAtMs <= FILE_URLS_VALID_MS) return undefined
  const detail =
    'The URLs in files.clientFiles were valid for 24 h from the event and have expired; the body is sent as it was.'
  return { code: 'file_urls_expired', detail }
}

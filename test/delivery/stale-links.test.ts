import { describe, expect, it } from 'vitest'
import { staleLinksWarning } from '../../src/delivery/stale-links.ts'

const DAY_MS = 86_400_000

describe('a process_run_end that is sent again', () => {
  it('more than 24 h after the event says that its file URLs have expired', () => {
    const event = { type: 'process_run_end', createdAtMs: 0 }
    expect(staleLinksWarning(event, DAY_MS + 1)).toMatchObject({ code: 'file_urls_expired' })
  })

  it('within 24 h says nothing, nor does any other type', () => {
    const event = { type: 'process_run_end', createdAtMs: 0 }
    expect(staleLinksWarning(event, DAY_MS)).toBeUndefined()
    expect(staleLinksWarning({ ...event, type: 'service_run' }, DAY_MS * 9)).toBeUndefined()
  })
})

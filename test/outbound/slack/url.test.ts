import { describe, expect, it } from 'vitest'
import { withoutSlackPath } from '../../../src/outbound/slack/url.ts'

const url = 'https://chat.example.com/services/T0000001/B0000001/abcdefghijklmnop?key=1234567890'
const timings = { dnsMs: null, connectMs: null, tlsMs: null, ttfbMs: null, totalMs: 1 }
const answer = (body: string, headers: Record<string, string> = {}) => ({
  startedAt: 0,
  endedAt: 1,
  timings,
  response: { status: 404, headers, body, truncated: false },
})

describe('an answer that repeats the URL of its webhook', () => {
  it('is kept without it, in the body and the headers', () => {
    const location = 'https://chat.example.com/services/T0000001/B0000001/abcdefghijklmnop/'
    const { response } = withoutSlackPath(answer(`Cannot POST ${url}`, { location }), url)
    expect(response?.body).toBe('Cannot POST https://chat.example.com…')
    expect(response?.headers['location']).toBe('https://chat.example.com…/')
  })

  it('is kept without its parts, however they are joined', () => {
    const { response } = withoutSlackPath(
      answer('{"path":"\\/services\\/T0000001\\/B0000001\\/abcdefghijklmnop","key":"1234567890"}'),
      url,
    )
    expect(response?.body).toBe('{"path":"\\/services\\/…\\/…\\/…","key":"…"}')
  })

  it('is as it was where nothing of it is repeated, or nothing came', () => {
    expect(withoutSlackPath(answer('no_service'), url)).toEqual(answer('no_service'))
    const { response: _none, ...failed } = answer('')
    expect(withoutSlackPath(failed, url)).toEqual(failed)
  })
})

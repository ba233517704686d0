import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../../src/delivery/outcome.ts'

const response = (status: number) => ({
  response: { status, headers: {}, body: '', truncated: false },
})

describe('what an answer means for its delivery', () => {
  it.each([
    [200, '2xx', 'delivered'],
    [204, '2xx', 'delivered'],
    [201, '200', 'retry'],
    [200, '200', 'delivered'],
    [301, '2xx', 'retry'],
    [404, '2xx', 'retry'],
    [410, '2xx', 'gone'],
    [500, '2xx', 'retry'],
    [999, '2xx', 'retry'],
  ] as const)('%i under the rule %s: %s', (status, rule, verdict) => {
    expect(outcomeOf(response(status), rule).verdict).toBe(verdict)
  })

  it.each([
    [100, 'unexpected_status'],
    [204, 'unexpected_status'],
    [307, 'redirect_refused'],
    [404, 'http_4xx'],
    [503, 'http_5xx'],
    [600, 'response_invalid'],
  ])('%i is called %s', (status, code) => {
    expect(outcomeOf(response(status), '200')).toMatchObject({ verdict: 'retry', code })
  })

  it.each([
    [200, 'ok', 'delivered'],
    [400, 'invalid_payload', 'refused'],
    [400, 'no_text', 'refused'],
    [400, 'user_not_found', 'refused'],
    [403, 'action_prohibited', 'refused'],
    [403, 'invalid_token', 'gone'],
    [403, 'team_disabled', 'gone'],
    [404, 'no_service', 'gone'],
    [404, 'channel_not_found', 'gone'],
    [404, '<html>', 'gone'],
    [410, 'channel_is_archived', 'gone'],
    [408, '', 'retry'],
    [429, 'rate_limited', 'retry'],
    [302, '', 'retry'],
    [500, 'rollup_error', 'retry'],
    [503, 'no_service', 'retry'],
  ] as const)('%i %s of Slack: %s', (status, body, verdict) => {
    const answer = { response: { status, headers: {}, body, truncated: false } }
    expect(outcomeOf(answer, '2xx', 'slack').verdict).toBe(verdict)
  })

  it('a network error on the way to Slack is retried, a refused destination is not', () => {
    const reset = { code: 'reset', detail: 'closed' } as const
    expect(outcomeOf({ error: reset }, '2xx', 'slack')).toEqual({ verdict: 'retry', code: 'reset' })
    const refused = { code: 'destination_refused', detail: 'private', final: true } as const
    expect(outcomeOf({ error: refused }, '2xx', 'slack').verdict).toBe('refused')
  })

  it('a network error is retried under its own name', () => {
    const error = { code: 'connect_refused', detail: 'nobody listens' } as const
    expect(outcomeOf({ error }, '2xx')).toEqual({ verdict: 'retry', code: 'connect_refused' })
  })

  it('a destination that may never be called ends the delivery', () => {
    const error = { code: 'destination_refused', detail: 'private', final: true } as const
    expect(outcomeOf({ error }, '2xx')).toEqual({ verdict: 'refused', code: 'destination_refused' })
  })
})

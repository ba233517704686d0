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
    [100, 'http_1xx'],
    [204, 'http_2xx'],
    [307, 'redirect_refused'],
    [404, 'http_4xx'],
    [503, 'http_5xx'],
    [600, 'response_invalid'],
  ])('%i is called %s', (status, code) => {
    expect(outcomeOf(response(status), '200')).toMatchObject({ verdict: 'retry', code })
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

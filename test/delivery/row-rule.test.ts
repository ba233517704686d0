import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RuledWebhook, ruleOf } from '../../src/delivery/row-rule.ts'

const state = fc.constantFrom('active', 'paused', 'disabled')
const webhook: fc.Arbitrary<RuledWebhook> = fc.oneof(
  fc.constant(null),
  fc.record({
    state,
    rateLimit: fc.constantFrom(null, { limit: 1, per: '1s' }),
    deletedAt: fc.constantFrom(undefined, new Date(0)),
    stateReason: fc.constantFrom(undefined, { detail: 'why' }),
    fault: fc.constantFrom(undefined, { code: 'secrets_unreadable' }),
  }),
)
const delivery = fc.record({ test: fc.constantFrom(undefined, true) })

describe('what happens to an owed delivery', () => {
  it('is decided for every state of a webhook, and nothing is sent that must not be', () => {
    fc.assert(
      fc.property(webhook, delivery, (one, row) => {
        const { rule, ...ending } = ruleOf(one, row)
        const isGone = !one || one.deletedAt !== undefined
        if (isGone) {
          expect([rule, ending]).toMatchObject(['end', { state: 'cancelled' }])
        } else if (one.state === 'disabled' && !row.test) {
          expect([rule, ending]).toMatchObject([
            'end',
            { state: 'failed', reason: { code: 'webhook_disabled' } },
          ])
        } else if (one.fault) {
          expect(rule).toBe('wait')
        } else if (one.state === 'active') {
          expect(rule).toBe(one.rateLimit ? 'lane' : 'send')
        } else {
          expect(rule).toBe(row.test ? 'send' : 'wait')
        }
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { carriageOf, newRowRule, type RuledWebhook, ruleOf } from '../../src/delivery/row-rule.ts'

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

describe('what becomes of a delivery as its event comes', () => {
  it('is owed as an owed one is sent, and on record as skipped where its webhook is not active', () => {
    fc.assert(
      fc.property(webhook, delivery, (one, row) => {
        const ruled = newRowRule(one, row)
        if (!one || one.deletedAt) expect(ruled).toMatchObject({ rule: 'end', state: 'cancelled' })
        else if (one.state === 'active' && !one.fault) expect(ruled).toEqual(ruleOf(one, row))
        else if (one.state === 'active' || row.test) expect(ruled.rule).toBe(carriageOf(one, row))
        else
          expect(ruled).toMatchObject({
            rule: 'end',
            state: 'skipped',
            reason: { code: `webhook_${one.state}` },
          })
      }),
    )
  })

  it('is skipped where the filter failed, unless its webhook is gone', () => {
    fc.assert(
      fc.property(webhook, delivery, (one, row) => {
        const ruled = newRowRule(one, { ...row, filterError: 'why' })
        const isGone = !one || one.deletedAt !== undefined
        expect(ruled).toMatchObject({ rule: 'end', state: isGone ? 'cancelled' : 'skipped' })
        if (!isGone)
          expect(ruled).toMatchObject({ reason: { code: 'filter_error', detail: 'why' } })
      }),
    )
  })
})

describe('who carries an owed delivery', () => {
  it('is its lane wherever a limit holds for it, also while it waits; a test goes past a lane that stands still', () => {
    fc.assert(
      fc.property(webhook, delivery, (one, row) => {
        if (!one) return
        const isLane = one.rateLimit !== null && (one.state === 'active' || !row.test)
        expect(carriageOf(one, row)).toBe(isLane ? 'lane' : 'send')
        // who may send it is who carries it
        const { rule } = ruleOf(one, row)
        if (rule === 'lane' || rule === 'send') expect(rule).toBe(carriageOf(one, row))
      }),
    )
  })
})

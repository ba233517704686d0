import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesPattern, wantsType } from '../../src/delivery/match.ts'

/** The obvious, slow definition: a regular expression with `.*` for each star. */
function byRegExp(pattern: string, type: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.\\+?^${}()|[\]]/g, '\\$&'))
  return new RegExp(`^${source.join('.*')}$`, 's').test(type)
}

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 })

describe('which event types a webhook wants', () => {
  it.each([
    ['process_*', 'process_run_end', true],
    ['process_*', 'reprocess_run', false],
    ['*', 'anything', true],
    ['*_end', 'process_run_end', true],
    ['a*a', 'a', false],
    ['customer_tag_add', 'customer_tag_add', true],
    ['customer_tag_add', 'customer_tag_added', false],
  ])('%s and %s: %s', (glob, type, wanted) => {
    expect(matchesPattern(glob, type)).toBe(wanted)
  })

  it('agrees with the definition by regular expression', () => {
    fc.assert(
      fc.property(pattern, letters, (glob, type) => {
        expect(matchesPattern(glob, type)).toBe(byRegExp(glob, type))
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['*', false],
    ['*.failing', false],
    ['herald*', false],
    ['herald.*', true],
    ['herald.webhook.*', true],
    ['herald.webhook.failing', true],
  ])(
    'what herald itself says is named by a pattern that begins with herald.: %s: %s',
    (glob, wanted) => {
      expect(wantsType([glob], 'herald.webhook.failing')).toBe(wanted)
      expect(wantsType([glob, 'herald.webhook.failing'], 'herald.webhook.failing')).toBe(true)
    },
  )

  it('one pattern of several is enough, none is none', () => {
    expect(wantsType(['x', 'a*'], 'abc')).toBe(true)
    expect(wantsType([], 'abc')).toBe(false)
  })
})

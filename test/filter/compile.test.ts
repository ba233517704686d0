import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileFilter, FILTER_MAX, type FilterInput } from '../../src/filter/compile.ts'

const event: FilterInput = {
  id: 'evt_1',
  type: 'order.paid',
  subject: null,
  reference: 'ref-1',
  context: {},
  data: JSON.parse(
    '{"n":5,"price":1.5,"status":"high_risk","tags":["a","b"],"lines":[{"sku":"x","of":["y"]}],"on":true,"no":null,"__proto__":{"z":1}}',
  ) as unknown,
}

function outcome(text: string, input: FilterInput = event): boolean | string {
  const filter = compileFilter(text)
  if (!filter.ok) return `refused: ${filter.detail}`
  try {
    return filter.matches(input)
  } catch (error) {
    return String(error)
  }
}

describe('a filter', () => {
  it.each([
    ["data.status == 'high_risk'", true],
    ["type == 'order.paid' && id.startsWith('evt_')", true],
    ["reference in ['ref-1', 'ref-2']", true],
    ['subject == null', true],
    ["subject == 'x'", false],
    ['has(context.x)', false],
    ['has(data.missing) && data.missing == 1', false],
    ['data.missing == 1 || data.on', true],
    ['data.n == 5 && data.n > 4 && data.price < 2', true],
    ["data.lines.exists(line, line.of.exists(one, one == 'y' && type == 'order.paid'))", true],
    ["data.tags.all(tag, tag != 'c')", true],
    ['data.tags.filter(tag, tag > "a").size() == 1', true],
    ['size(data.tags) == 2', true],
    ['data.on ? data.no == null : false', true],
    ["'herald_step' == data.status", false],
    ['has(data.toString) || has(data.constructor)', false],
  ])('%s gives %s', (text, expected) => {
    const result = outcome(text)
    expect(result).toBe(expected)
  })

  it.each([
    ['data.missing == 1', 'No such key: missing'],
    ['data.n', 'neither true nor false'],
    ['data.n + 1 > 5', 'no such overload'],
    ['data.status.startsWith(data.n) ', 'no matching overload'],
  ])('%s fails for this event: %s', (text, detail) => {
    expect(outcome(text)).toMatch(/^FilterError: /)
    expect(outcome(text)).toContain(detail)
  })

  it.each([
    ["data.status = 'x'", 12, '“=”'],
    ['data.n >', 8, 'EOF'],
    ['data.tags.exists(t, type == wrong)', 28, '“wrong”'],
    ['type == 5', 0, 'no such overload'],
    ['data.n % 2.0 == 1.0', 0, 'no such overload'],
    ["'text'", 0, 'true or false'],
    ["data.status.matches('(a+)+$')", 0, 'matches() is not available'],
    ['data.tags.map(t, t + t).size() > 1', 0, 'map() is not available'],
    ['cel.bind(a, data, a == a)', 0, 'bind() is not available'],
    ['herald_step(true)', 0, 'herald_step() is not available'],
    ['herald_event_type == "a"', 0, 'Unknown variable'],
    ['data.tags.exists(type, true)', 17, 'is taken'],
    [`${'data.n + '.repeat(9)}1 == 1`, 0, 'additions'],
    ['a.all(a, a.all(b, b.all(c, c.all(d, d))))', 27, 'loops inside each other'],
    ['[[[[1]]]] == data', 3, 'inside each other'],
    ['('.repeat(100), 50, 'maxDepth'],
  ])('%s is refused at character %i: %s', (text, position, detail) => {
    const filter = compileFilter(text)
    expect(filter).toMatchObject({ ok: false, position })
    expect(filter.ok ? '' : filter.detail).toContain(detail)
  })

  it('of more than 1,000 characters is refused', () => {
    const filter = compileFilter('1'.repeat(FILTER_MAX + 1))
    expect(filter).toMatchObject({ ok: false, position: FILTER_MAX })
  })

  it('that looks at too much fails, however it is nested and whatever stands beside it', () => {
    const data = { many: Array.from({ length: 40_000 }, (_, index) => index) }
    for (const text of [
      'data.many.exists(x, x < 0)',
      'data.many.exists(x, data.many.exists(y, x + y < 0.0)) || true',
      'data.many.all(x, data.many.all(y, data.many.all(z, x == y)))',
    ])
      expect(outcome(text, { ...event, data })).toBe(
        'FilterError: The filter failed: looks at more than 10000 elements.',
      )
    expect(outcome('data.many.exists(x, x == 9000)', { ...event, data })).toBe(true)
  })

  it('is read the same whether it is new or in the cache', () => {
    expect(compileFilter('data.n == 6')).toBe(compileFilter('data.n == 6'))
    for (let n = 0; n < 5_001; n++) compileFilter(`data.n == ${n}.0`)
    expect(outcome('data.n == 5.0')).toBe(true)
    expect(outcome('data.n == 6')).toBe(false)
  })

  it('never throws when compiled, whatever the text', () => {
    const pieces = [
      'data',
      '.n',
      ' == ',
      '(',
      ')',
      '5',
      "'a'",
      '.exists(x, ',
      ' && ',
      '[',
      '\\',
      '😀',
    ]
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (given) => {
        const filter = compileFilter(given)
        if (filter.ok) return
        expect(filter.position).toBeGreaterThanOrEqual(0)
        expect(filter.position).toBeLessThanOrEqual(given.length)
        expect(filter.detail).not.toMatch(/herald_/)
      }),
      { numRuns: 300 },
    )
  })
})

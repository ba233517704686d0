import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileFilter, FilterError, type FilterInput } from '../../src/filter/compile.ts'
import { fuzz, mangled } from '../support/strangers/fuzz.ts'

const EVENT: FilterInput = {
  id: 'evt_1',
  type: 'order.paid',
  subject: null,
  reference: 'ref, (1)',
  context: { tier: 'gold' },
  data: { n: 5, price: 1.5, on: true, no: null, tags: ['a', 'b, c', ')', "d'"], deep: { x: [1] } },
}
const KEPT = JSON.stringify(EVENT)

function outcome(text: string): boolean | string {
  const filter = compileFilter(text)
  if (!filter.ok) {
    expect(filter.position).toBeGreaterThanOrEqual(0)
    expect(filter.position).toBeLessThanOrEqual(text.length)
    if (!text.includes('herald')) expect(filter.detail).not.toMatch(/herald_/)
    return filter.detail
  }
  try {
    return filter.matches(EVENT)
  } catch (error) {
    expect(error).toBeInstanceOf(FilterError)
    return String(error)
  }
}

/** A filter's text, and what it means: the second is worked out without CEL. */
type Meaning = { text: string; value: boolean }

const space = fc.constantFrom('', ' ', '\n', '\t ')
const word = fc.constantFrom('a', 'b, c', ')', 'z', '(', ',', '🙂', 'exists(x, ')
const quoted = fc
  .tuple(word, fc.constantFrom("'", '"'))
  .map(([value, quote]) => ({ value, text: `${quote}${value}${quote}` }))
const tags = ['a', 'b, c', ')', "d'"]
const comparison: fc.Arbitrary<Meaning> = fc.oneof(
  fc.integer({ min: 3, max: 7 }).map((n) => ({ text: `data.n > ${n}`, value: 5 > n })),
  quoted.map(({ value, text }) => ({
    text: `reference.contains(${text})`,
    value: 'ref, (1)'.includes(value),
  })),
  quoted.map(({ value, text }) => ({ text: `${text} in data.tags`, value: tags.includes(value) })),
  fc.constantFrom(
    { text: "type == 'order.paid'", value: true },
    { text: 'subject == null', value: true },
    { text: 'has(data.missing)', value: false },
    { text: "'type' == type", value: false },
  ),
)
const loop: fc.Arbitrary<Meaning> = fc
  .record({
    quantifier: fc.constantFrom('exists', 'all'),
    variable: fc.constantFrom('t', 'typed', 'data_', 'has_'),
    literal: quoted,
    gap: space,
  })
  .map(({ quantifier, variable, literal, gap }) => {
    const equal = (tag: string) => tag === literal.value
    return {
      text: `data.tags.${quantifier}(${gap}${variable}${gap},${gap}${variable}${gap}== ${literal.text}${gap}&& type != 'x')`,
      value: quantifier === 'exists' ? tags.some(equal) : tags.every(equal),
    }
  })
const { meaning } = fc.letrec<{ meaning: Meaning }>((tie) => ({
  meaning: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'filter' },
    comparison,
    loop,
    fc
      .tuple(tie('meaning'), fc.constantFrom('&&', '||'), tie('meaning'), space)
      .map(([a, operator, b, gap]) => ({
        text: `(${a.text}${gap}${operator}${gap}${b.text})`,
        value: operator === '&&' ? a.value && b.value : a.value || b.value,
      })),
    tie('meaning').map(({ text, value }) => ({ text: `!(${text})`, value: !value })),
    tie('meaning').map(({ text, value }) => ({ text: `data.deep.x.all(o, ${text})`, value })),
  ),
}))
const pieces =
  "data|.n| == |(|)|5|'a'|.exists(x, | && |[|\\|😀|type|// c\n|.all(type, |herald_step(|.map(x, x)| ? | : |{|}|-|..".split(
    '|',
  )
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
  mangled(meaning.map(({ text }) => text)),
)

describe('the filter language, fuzzed', () => {
  it('gives true, false or a FilterError, and leaves the event as it was, whatever the text', () =>
    fuzz(
      'filter text',
      fc.property(texts, (text) => {
        expect(outcome(text)).toEqual(outcome(text))
        expect(JSON.stringify(EVENT)).toBe(KEPT)
      }),
    ))

  it('means what it says, also where its loops were rewritten to be counted', () =>
    fuzz(
      'filter meaning',
      fc.property(meaning, ({ text, value }) => {
        fc.pre(text.length <= 900 && !/(all\(o.*){3}/s.test(text))
        expect(outcome(text), text).toBe(value)
      }),
    ))
})

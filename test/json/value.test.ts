import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonElements } from '../../src/json/members.ts'
import { jsonAt, readable, readableJson } from '../../src/json/value.ts'
import { UNSEEN } from '../outbound/request/unseen-text.ts'

describe('the elements of an array', () => {
  it('are those that JSON.parse finds, whatever the text looks like', () => {
    const property = fc.property(
      fc.array(fc.jsonValue()),
      fc.constantFrom(undefined, 1, '\t'),
      (value, space) => {
        const text = JSON.stringify(value, null, space)
        const elements = jsonElements(text) ?? []
        expect(elements.map((one) => JSON.parse(one) as unknown)).toEqual(JSON.parse(text))
      },
    )
    fc.assert(property)
  })

  it('are as they stand in the text; another value has none', () => {
    expect(jsonElements(' [ 1.0 , "a,]" ,[2, 3 ] ] ')).toEqual(['1.0', '"a,]"', '[2, 3 ]'])
    expect(jsonElements('{"a":[]}')).toBeUndefined()
  })
})

describe('a value at a path', () => {
  it('is found by keys and indexes, and undefined where there is nothing', () => {
    const text = '{"a":[{"b":1},{"b":[12345678901234567890]}],"a.b":2,"x":1,"x":2}'
    expect(jsonAt(text, ['a', '1', 'b', '0'])).toBe('12345678901234567890')
    expect(jsonAt(text, ['x'])).toBe('2')
    for (const path of [['b'], ['a', '2'], ['a', 'length'], ['x', 'y'], ['__proto__']])
      expect(jsonAt(text, path)).toBeUndefined()
  })

  it.each([
    ['"text"', 'text'],
    ['1.50', '1.50'],
    ['false', 'false'],
    ['{"a":1}', '{"a":1}'],
    ['null', undefined],
    ['" \\u0000\\n"', undefined],
    ['[ ]', undefined],
    [undefined, undefined],
  ])('%s reads as %s', (raw, text) => {
    expect(readableJson(raw)).toBe(text)
  })
})

describe('text that shows nothing', () => {
  it.each(UNSEEN)('%s: is not readable, and readable beside a letter', (_name, text) => {
    expect(readable(text)).toBeUndefined()
    expect(readableJson(JSON.stringify(text))).toBeUndefined()
    expect(readable(`${text}a`)).toBe(`${text}a`)
  })

  it.each([
    '\ud83d\ude00',
    '\u0600',
    '\u0301',
    '\u{1f468}\u200d\u{1f469}',
    '\u2801',
    '-',
    '\ue000',
  ])('%j shows something', (text) => expect(readable(text)).toBe(text))
})

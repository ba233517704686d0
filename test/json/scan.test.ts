import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duplicateKey, scanJson } from '../../src/json/scan.ts'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return own + Object.values(value).reduce<number>((sum, member) => sum + keysOf(member), 0)
}

const indent = fc.constantFrom(undefined, 1, '\t', ' \n')

describe('the scan of a JSON text', () => {
  it('counts the depth and the keys that JSON.parse sees', () => {
    fc.assert(
      fc.property(fc.jsonValue(), indent, (value, space) => {
        const scan = scanJson(JSON.stringify(value, null, space))
        expect([scan.depth, scan.keys]).toEqual([depthOf(value), keysOf(value)])
      }),
    )
  })

  it('finds each member of an object where it stands', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), indent, (value, space) => {
        const text = JSON.stringify(value, null, space)
        const members = scanJson(text).members.map(({ key, start, end }) => [
          key,
          JSON.parse(text.slice(start, end)),
        ])
        expect(members).toEqual(Object.entries(JSON.parse(text) as object))
      }),
    )
  })

  it('finds each element of an array where it stands', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), indent, (value, space) => {
        const text = JSON.stringify(value, null, space)
        const elements = scanJson(text).elements.map(({ start, end }) => text.slice(start, end))
        expect(elements.map((one) => JSON.parse(one) as unknown)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('gives slices that join to the compact text again', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (a, o) => {
        const [array, object] = [JSON.stringify(a), JSON.stringify(o)]
        const elements = scanJson(array).elements.map(({ start, end }) => array.slice(start, end))
        expect(`[${elements.join(',')}]`).toBe(array)
        const members = scanJson(object).members.map(
          ({ key, start, end }) => `${JSON.stringify(key)}:${object.slice(start, end)}`,
        )
        expect(`{${members.join(',')}}`).toBe(object)
      }),
    )
  })

  it('keeps numbers and escapes as they came', () => {
    const text = '{ "n" : 12345678901234567890 , "s":"\\u00e9\\"}" ,"f": 1.0}'
    const raw = scanJson(text).members.map(({ start, end }) => text.slice(start, end))
    expect(raw).toEqual(['12345678901234567890', '"\\u00e9\\"}"', '1.0'])
  })

  it('tells a key that comes twice, also when it is written with escapes', () => {
    expect(duplicateKey(scanJson('{"id":1,"\\u0069d":2}'))).toBe('id')
    expect(duplicateKey(scanJson('{"id":1,"x":{"id":2}}'))).toBeUndefined()
  })
})

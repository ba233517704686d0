import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJsonType, mediaTypeOf } from '../../../src/api/input/media-type.ts'

describe('a Content-Type', () => {
  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF8',
    'application/json; charset="utf-8"',
    'application/json; charset = "utf\\-8"',
    'application/json; charset=us-ascii',
    'application/json; version=2',
    'application/json;odata.metadata=minimal;odata.streaming=true',
    'application/json; profile="https://example.com/a;b=c"; charset=utf-8',
    'application/json; x="; charset=utf-16"',
    'application/json;',
    'application/json ; ;foo',
    'application/vnd.example.v2+json; charset=utf8',
  ])('%s holds JSON in UTF-8', (text) => {
    const media = mediaTypeOf(text)
    expect([isJsonType(media), media.fault]).toEqual([true, undefined])
  })

  it.each([
    ['application/json; charset=utf-16', 'charset=utf-16: must be UTF-8'],
    ['application/json; version=2; Charset=ISO-8859-1', 'Charset=ISO-8859-1: must be UTF-8'],
    ['application/json; charset=', 'charset=: must be UTF-8'],
    ['application/json; charset="utf-8x"', 'charset="utf-8x": must be UTF-8'],
  ])('%s is named for what is wrong', (text, fault) => {
    expect(mediaTypeOf(text)).toEqual({ type: 'application/json', fault })
  })

  it.each([
    '',
    'text/plain',
    'application/jsonp',
    'json',
    'application/json+xml',
    '; charset=utf-8',
  ])('%j is not JSON', (text) => expect(isJsonType(mediaTypeOf(text))).toBe(false))

  it('is read in time that grows with its length alone', () => {
    const parts = ['"', '\\', ';', '=', ' ', 'charset', 'a/', '+json', '"\\"']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 4 }), (some) => {
        const text = some.join('').repeat(16_384)
        const begunAt = process.cpuUsage()
        isJsonType(mediaTypeOf(text))
        const { user, system } = process.cpuUsage(begunAt)
        expect(user + system).toBeLessThan(100_000)
      }),
      { numRuns: 50 },
    )
  })
})

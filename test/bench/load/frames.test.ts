import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameReader } from '../../../bench/load/frames.ts'

const messages = [
  'HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n',
  'POST /hook/7 HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
]

describe('the messages that a socket brings', () => {
  it('are read whole however they are cut into chunks', () => {
    const stream = fc.array(fc.constantFrom(...messages), { minLength: 1, maxLength: 6 })
    const cuts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 })
    fc.assert(
      fc.property(stream, cuts, (sent, sizes) => {
        const read: string[] = []
        const push = frameReader((bytes, from, end) => read.push(bytes.toString('utf8', from, end)))
        const bytes = Buffer.from(sent.join(''))
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          push(bytes.subarray(at, at + size))
          at += size
        }
        expect(read).toEqual(sent)
      }),
    )
  })
})

import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../../src/outbound/connect/failure.ts'
import { limitHead } from '../../../src/outbound/connect/limit-head.ts'

const MOST = 16_384
/** Empty lines around a head count too. */
const FITS = MOST - 8
const BODY = 'b'.repeat(40_000)

/** A head of that many bytes, with the empty line after it. */
function head(status: number, bytes: number): string {
  const start = `HTTP/1.1 ${status} OK\r\nx: `
  return `${start}${'y'.repeat(bytes - start.length)}\r\n\r\n`
}

function stream(): Socket {
  const socket: unknown = new Duplex({
    read: () => undefined,
    write: (_chunk, _as, done) => done(),
  })
  return limitHead(socket as Socket)
}

/** What is read of these chunks, or the failure that ends it. */
function readOf(socket: Socket, chunks: string[]): string {
  let text = ''
  socket.on('error', () => undefined)
  for (const chunk of chunks) {
    socket.push(chunk, 'latin1')
    for (let bytes = socket.read(); bytes; bytes = socket.read())
      text += (bytes as Buffer).toString('latin1')
    if (socket.errored) return failureOf(socket.errored).code
  }
  return text
}

/** The text cut at these places of a thousand. */
function cut(text: string, places: number[]): string[] {
  const at = places.map((place) => Math.floor((place / 1_000) * text.length))
  const all = [0, ...at.toSorted((a, b) => a - b), text.length]
  return all.slice(1).map((end, n) => text.slice(all[n], end))
}

const places = fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 8 })
const emptyLines = fc.constantFrom('', '\r\n', '\n\r\n')

/** A body in chunks, some with extensions, and trailers; with how many bytes of both. */
const chunkedBody = fc
  .record({
    chunks: fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 300 }),
        extension: fc.stringMatching(/^[a-z=]{0,40}$/),
      }),
      { maxLength: 6 },
    ),
    trailers: fc.array(fc.stringMatching(/^[a-z]{1,20}: [a-z ]{0,60}$/), { maxLength: 6 }),
  })
  .map(({ chunks, trailers }) => {
    const data = chunks.map(({ size, extension }) => {
      const name = extension && `;${extension}`
      return `${size.toString(16)}${name}\r\n${'d'.repeat(size)}\r\n`
    })
    return `${data.join('')}0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`
  })
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n'

describe('the head of an answer', () => {
  it('may have 16 KiB, however it comes, with any body; interim ones before it are left out', () => {
    const interim = fc.array(fc.integer({ min: 20, max: FITS }), { maxLength: 3 })
    const size = fc.integer({ min: 20, max: FITS })
    fc.assert(
      fc.property(interim, size, emptyLines, places, (sizes, last, empty, cuts) => {
        const heads = sizes.map((bytes) => head(103, bytes))
        const final = `${empty}${head(200, last)}${BODY}`
        const text = `${heads.map((one) => empty + one).join('')}${final}`
        expect(readOf(stream(), cut(text, cuts))).toBe(final)
      }),
    )
  })

  it('is refused above that, also after interim ones and empty lines', () => {
    const size = fc.integer({ min: MOST + 1, max: 4 * MOST })
    const interim = fc.array(fc.integer({ min: 20, max: 1_000 }), { maxLength: 3 })
    fc.assert(
      fc.property(interim, size, emptyLines, places, (sizes, last, empty, cuts) => {
        const heads = sizes.map((bytes) => head(100, bytes))
        const text = `${empty}${heads.join(empty)}${empty}${head(200, last)}${BODY}`
        expect(readOf(stream(), cut(text, cuts))).toBe('response_invalid')
      }),
    )
  })

  it('counts anew for each request of a connection', () => {
    const socket = stream()
    for (let n = 0; n < 5; n++) {
      socket.write('POST / HTTP/1.1\r\n\r\n')
      const answer = `${head(200, FITS)}${BODY}`
      expect(readOf(socket, [answer])).toBe(answer)
    }
    socket.write('POST / HTTP/1.1\r\n\r\n')
    expect(readOf(socket, [head(200, MOST + 1)])).toBe('response_invalid')
  })

  it('may follow 16 interim ones, not 17, and none that switches protocols', () => {
    const interim = (count: number) => 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(count)
    const final = `${head(200, 50)}${BODY}`
    expect(readOf(stream(), [interim(16) + final])).toBe(final)
    expect(readOf(stream(), [interim(17) + final])).toBe('response_invalid')
    expect(readOf(stream(), [`HTTP/1.1 101 Switching\r\n\r\n${final}`])).toBe('response_invalid')
  })

  it('that is a record of TLS is a failure of TLS', () => {
    expect(readOf(stream(), ['\u0015\u0003\u0003\u0000\u0002\u0002\u0046'])).toBe('tls_error')
    expect(readOf(stream(), ['\u0016\u0003\u0001'])).toBe('tls_error')
  })
})

describe('a chunked body', () => {
  it('is handed on as it is, however it comes, also what a parser puts back', () => {
    fc.assert(
      fc.property(chunkedBody, places, fc.integer({ min: 0, max: 500 }), (body, cuts, back) => {
        const text = `${CHUNKED}${body}`
        const socket = stream()
        let read = ''
        for (const piece of cut(text, cuts)) {
          const bytes = Buffer.from(readOf(socket, [piece]), 'latin1')
          const kept = bytes.subarray(0, Math.max(bytes.length - back, 0))
          socket.unshift(bytes.subarray(kept.length))
          read += kept.toString('latin1')
        }
        expect(read + readOf(socket, [''])).toBe(text)
      }),
    )
  })

  it('has 16 KiB for trailers and extensions, together with the head', () => {
    const line = (bytes: number) => `${'t'.repeat(bytes - 3)}:\r\n`
    const body = (extension: number, trailer: number) =>
      `1;${'e'.repeat(extension)}\r\nd\r\n0\r\n${line(trailer)}\r\n`
    const sizes = fc.tuple(...[1, 2, 3].map(() => fc.integer({ min: 100, max: 8_000 })))
    fc.assert(
      fc.property(sizes, places, ([first = 0, extension = 0, trailer = 0], cuts) => {
        const start = head(200, first - 30).slice(0, -4)
        const text = `${start}\r\ntransfer-encoding: chunked\r\n\r\n${body(extension, trailer)}`
        const size = first + extension + trailer
        fc.pre(Math.abs(size - MOST) > 16)
        expect(readOf(stream(), cut(text, cuts))).toBe(size > MOST ? 'response_invalid' : text)
      }),
    )
  })

  it.each([
    'x\r\n',
    '-1\r\n',
    '\r\n',
    '1\n',
    '1\r\nabc',
    '1\r\na\n',
    '0\r\na: b\n\r\n',
    '0\r\na: b\rc',
    `${'0'.repeat(14)}\r\n`,
  ])('that could be read in two ways ends the answer where that begins: %j', (body) => {
    expect(readOf(stream(), [CHUNKED + body, '\r\n'])).toBe('response_invalid')
  })

  it('is none where the status or a later coding says so, and then has no limit', () => {
    const trailers = `0\r\n${'a:\r\n'.repeat(10_000)}\r\n`
    for (const start of [
      'HTTP/1.1 204 No\r\ntransfer-encoding: chunked\r\n\r\n',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: gzip\r\n\r\n',
      'HTTP/1.1 200 OK\r\nx-transfer-encoding: chunked\r\n\r\n',
    ])
      expect(readOf(stream(), [start + trailers])).toBe(start + trailers)
  })
})

import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../src/outbound/failure.ts'
import { limitHead } from '../../src/outbound/limit-head.ts'

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
    const bytes = socket.read() as Buffer | null
    if (socket.errored) return failureOf(socket.errored).code
    text += bytes?.toString('latin1') ?? ''
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

describe('the head of an answer', () => {
  it('may have 16 KiB, however it comes, with any body and with interim ones before it', () => {
    const interim = fc.array(fc.integer({ min: 20, max: FITS }), { maxLength: 3 })
    const size = fc.integer({ min: 20, max: FITS })
    fc.assert(
      fc.property(interim, size, emptyLines, places, (sizes, last, empty, cuts) => {
        const heads = sizes.map((bytes) => head(103, bytes))
        const text = `${empty}${heads.join(empty)}${empty}${head(200, last)}${BODY}`
        expect(readOf(stream(), cut(text, cuts))).toBe(text)
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
})

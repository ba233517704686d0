import { afterAll, describe, expect, it } from 'vitest'
import { createAddressGuard } from '../../../src/outbound/address/address-guard.ts'
import { createPoster } from '../../../src/outbound/post.ts'
import { retryAfterMs } from '../../../src/outbound/request/retry-after.ts'
import { blockedBy } from '../../support/strangers/longest-block.ts'
import { startSocketReceiver } from './socket-receiver.ts'

const guard = createAddressGuard({
  allowCidrs: ['127.0.0.0/8'],
  denyCidrs: [],
  allowHosts: [],
  allowHttp: true,
})
const poster = createPoster({ guard, userAgent: 'herald/test' })
afterAll(() => poster.close())

const MOST_BLOCK_MS = 100
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const TINY = 'a:\r\n'

/** One POST to a receiver that answers so, its requests, and the longest time that nothing else could run. */
async function postTo(answer: string | Buffer) {
  const receiver = await startSocketReceiver((socket) => void socket.write(answer))
  const request = { url: receiver.url, headers: {}, body: '{}', timeoutMs: 4_000 }
  const { value, blockMs } = await blockedBy(() => poster.post(request))
  await receiver.close()
  const { response, error } = value
  return { outcome: response?.status ?? error?.code, response, error, blockMs, receiver }
}

const FLOODS: [string, string, number | string][] = [
  ['100,000 trailers', `${CHUNKED}1\r\na\r\n0\r\n${TINY.repeat(100_000)}\r\n`, 'response_invalid'],
  ['a trailer of 1 MB', `${CHUNKED}0\r\nx: ${'y'.repeat(1_000_000)}\r\n\r\n`, 'response_invalid'],
  ['a trailer that never ends', `${CHUNKED}0\r\n${'y'.repeat(1_000_000)}`, 'response_invalid'],
  [
    'a chunk extension of 1 MB',
    `${CHUNKED}1;${'e'.repeat(1_000_000)}\r\na\r\n`,
    'response_invalid',
  ],
  ['100,000 chunk extensions', CHUNKED + '1;e\r\nx\r\n'.repeat(100_000), 'response_invalid'],
  ['100,000 chunks of one byte', CHUNKED + '1\r\nx\r\n'.repeat(100_000), 200],
  ['100,000 interim responses', CONTINUE.repeat(100_000) + OK, 'response_invalid'],
  [
    '100,000 headers of an interim response',
    `HTTP/1.1 103 E\r\n${TINY.repeat(100_000)}\r\n${OK}`,
    'response_invalid',
  ],
  ['100,000 headers', `HTTP/1.1 200 OK\r\n${TINY.repeat(100_000)}\r\n`, 'response_invalid'],
  [
    '4,000 headers of one name',
    `HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${TINY.repeat(4_000)}\r\n`,
    200,
  ],
  ['100,000 empty lines before it', '\r\n'.repeat(100_000) + OK, 'response_invalid'],
  ['100,000 answers behind it', OK.repeat(100_000), 200],
  ['a megabyte of headers behind it', OK + `HTTP/1.1 200 OK\r\n${TINY.repeat(250_000)}`, 200],
]

describe('an answer that is a flood', () => {
  let longest = { ms: 0, of: '' }
  afterAll(() => {
    console.info(`longest block: ${longest.ms.toFixed(1)} ms of answers: ${longest.of}`)
  })

  it.each(FLOODS)('%s: blocks nothing for 100 ms', async (name, answer, outcome) => {
    const blocks: number[] = []
    // A machine with other work to do blocks too, so the shortest of a few counts.
    for (let n = 0; n < 4 && Math.min(...blocks, Infinity) > MOST_BLOCK_MS; n++) {
      const posted = await postTo(answer)
      expect([posted.outcome, posted.receiver.requests.length]).toEqual([outcome, 1])
      blocks.push(posted.blockMs)
    }
    const ms = Math.min(...blocks)
    if (ms > longest.ms) longest = { ms, of: name }
    expect(ms).toBeLessThan(MOST_BLOCK_MS)
  })
})

describe('an interim response that nobody asked for', () => {
  it.each([
    ['100', CONTINUE],
    ['100 without a reason', 'HTTP/1.1 100\r\n\r\n'],
    ['100 with headers', 'HTTP/1.1 100 Continue\r\nx: y\r\ndate: now\r\n\r\n'],
    ['102 and 103', 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n'],
    ['16 of them', CONTINUE.repeat(16)],
    ['100 of HTTP/1.0', 'HTTP/1.0 100 Continue\r\n\r\n'],
  ])('%s: the answer behind it counts, once', async (_name, interim) => {
    const { response, receiver } = await postTo(interim + OK)
    expect(response).toMatchObject({ status: 200, body: 'ok', headers: { 'content-length': '2' } })
    expect(receiver.requests).toHaveLength(1)
  })

  it('may come in pieces, and the connection is used on', async () => {
    const pieces = Array.from(`${CONTINUE}${OK}`).flatMap((_c, at, all) =>
      at % 7 ? [] : [all.slice(at, at + 7).join('')],
    )
    const receiver = await startSocketReceiver((socket) => {
      let at = 0
      const timer = setInterval(() => {
        socket.write(pieces[at++] ?? '')
        if (at === pieces.length) clearInterval(timer)
      }, 2)
    })
    for (let n = 0; n < 3; n++) {
      const request = { url: receiver.url, headers: {}, body: '{}', timeoutMs: 4_000 }
      const { response } = await poster.post(request)
      expect(response).toMatchObject({ status: 200, body: 'ok' })
    }
    expect(receiver.requests).toHaveLength(3)
    expect(receiver.connections()).toBeLessThanOrEqual(2)
    await receiver.close()
  })
})

describe('an answer at the edge of HTTP', () => {
  it.each<[string, string, number | string]>([
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      'response_invalid',
    ],
    [
      'chunks and a length',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      'response_invalid',
    ],
    [
      'the same length twice',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok',
      'response_invalid',
    ],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok',
      'response_invalid',
    ],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok', 'response_invalid'],
    ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nok', 'response_invalid'],
    [
      'a folded header',
      'HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 2\r\n\r\nok',
      'response_invalid',
    ],
    [
      'a space before the colon',
      'HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nok',
      'response_invalid',
    ],
    ['line feeds alone', 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok', 'response_invalid'],
    [
      '101',
      'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'response_invalid',
    ],
    [
      'an offer to upgrade',
      'HTTP/1.1 200 OK\r\nupgrade: h2c\r\nconnection: upgrade\r\ncontent-length: 2\r\n\r\nok',
      200,
    ],
    ['trailers', `${CHUNKED}2\r\nok\r\n0\r\nx: y\r\n\r\n`, 200],
    ['chunk extensions', `${CHUNKED}2;a=b;c="d"\r\nok\r\n0;e\r\n\r\n`, 200],
    ['no reason', 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok', 200],
  ])('with %s is judged by the rules of RFC 9112', async (_name, answer, outcome) => {
    const posted = await postTo(answer)
    expect([posted.outcome, posted.receiver.requests.length]).toEqual([outcome, 1])
    if (outcome === 200) expect(posted.response).toMatchObject({ body: 'ok', truncated: false })
  })

  it('with any byte in the name or value of a header is an answer or not valid, never both', async () => {
    let at = -1
    const receiver = await startSocketReceiver((socket) => {
      at++
      const byte = Buffer.from([at >> 1])
      const [name, value] = at % 2 ? [byte, Buffer.from('v')] : [Buffer.from('n'), byte]
      const head = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx')
      socket.write(Buffer.concat([head, name, Buffer.from(': a'), value, Buffer.from('b\r\n\r\n')]))
    })
    const taken: number[][] = [[], []]
    for (let n = 0; n < 512; n++) {
      const request = { url: receiver.url, headers: {}, body: '{}', timeoutMs: 4_000 }
      const { response, error } = await poster.post(request)
      expect(response?.status ?? error?.code).toSatisfy(
        (is) => is === 200 || is === 'response_invalid',
      )
      if (response) taken[n % 2]?.push(n >> 1)
    }
    const bytes = Array.from({ length: 256 }, (_, byte) => byte)
    const isTokenOrColon = (byte: number) =>
      /[!#$%&'*+.^_`|~0-9A-Za-z:-]/.test(String.fromCharCode(byte))
    expect(taken[1]).toEqual(bytes.filter(isTokenOrColon))
    expect(taken[0]).toEqual(bytes.filter((byte) => byte === 9 || (byte >= 32 && byte !== 127)))
    expect(receiver.requests).toHaveLength(512)
    await receiver.close()
  })

  it('with the names of JavaScript keeps them as names', async () => {
    const names = ['__proto__', 'constructor', 'toString', '_bsontype', '$where', 'a.b']
    const lines = names.map((name) => `${name}: one\r\n${name}: two\r\n`).join('')
    const { response } = await postTo(`HTTP/1.1 200 OK\r\n${lines}content-length: 0\r\n\r\n`)
    const { 'content-length': _length, ...kept } = response?.headers ?? {}
    expect(Object.entries(kept).map(([name]) => name)).toEqual(
      names.map((name) => name.toLowerCase()),
    )
    for (const value of Object.values(kept)) expect(value).toBe('one, two')
  })
})

describe('a Retry-After', () => {
  const many = Array.from({ length: 200 }, (_, n) => `x-${n}: ${'y'.repeat(50)}\r\n`).join('')
  const asking = (lines: string) => `HTTP/1.1 503 No\r\n${lines}content-length: 0\r\n\r\n`
  const askedMs = (headers: Record<string, string> | undefined) =>
    retryAfterMs(headers ?? {}, Date.parse('2026-11-23T12:00:00Z'))

  it.each([
    ['behind 200 other headers', `${many}Retry-After: 7\r\n`, '7', 7_000],
    ['between them', `${many}RETRY-AFTER:7\r\nx: y\r\n`, '7', 7_000],
    ['twice', `retry-after: 5\r\n${many}retry-after: 120\r\n`, '5, 120', 120_000],
    [
      'as dates of two forms',
      'retry-after: Mon, 23 Nov 2026 12:01:00 GMT\r\nretry-after: Mon Nov 23 12:02:00 2026\r\n',
      'Mon, 23 Nov 2026 12:01:00 GMT, Mon Nov 23 12:02:00 2026',
      120_000,
    ],
    ['300 times', 'retry-after: 9\r\n'.repeat(300), expect.stringMatching(/^(9, )+9$/), 9_000],
    ['as a text of 9 KiB', `retry-after: ${'9'.repeat(9_000)}\r\nx: y\r\n`, '', undefined],
  ])('%s is on record, and what is on record is obeyed', async (_where, lines, kept, waitMs) => {
    const { response } = await postTo(asking(lines))
    expect(response?.headers).toMatchObject({ 'retry-after': kept })
    expect(askedMs(response?.headers)).toBe(waitMs)
    const { length } = Object.entries(response?.headers ?? {})
    expect(length).toBeGreaterThan(1)
    expect(length).toBeLessThanOrEqual(64)
  })
})

describe('what comes behind a body', () => {
  it.each([
    ['another answer', OK.replace('200 OK', '201 Created')],
    ['an interim response', CONTINUE],
    ['other bytes', 'and more'],
  ])('%s: never answers the next request', async (_name, behind) => {
    let served = 0
    const receiver = await startSocketReceiver((socket) => {
      served++
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${served}${behind}`)
    })
    const request = { url: receiver.url, headers: {}, body: '{}', timeoutMs: 4_000 }
    for (let n = 1; n <= 5; n++) {
      const { response } = await poster.post(request)
      expect(response).toMatchObject({ status: 200, body: String(served) })
    }
    expect(receiver.requests).toHaveLength(5)
    await receiver.close()
  })
})

import { ChunkedScan } from './chunked-scan.ts'
import { BAD_RESPONSE, type Failure } from './failure.ts'

/** As Node's own HTTP client: status line and headers, names and all; the extensions and trailers of a chunked body too. */
const MAX_HEAD_BYTES = 16 * 1_024
/** Of 1xx; without a limit a receiver could keep a worker busy with them until the deadline. */
const MAX_INTERIM_RESPONSES = 16
const HEAD_END = '\r\n\r\n'
/** The beginning of an interim response, every digit but the status class as 0. */
const INTERIM = 'HTTP/0.0 100'
const [RETURN, NEWLINE] = [13, 10]
/** The first byte of a TLS record, an alert or a handshake. No HTTP begins so. */
const TLS_RECORDS = [0x15, 0x16]
const NOTHING = Buffer.alloc(0)

const invalid = (detail: string): Failure => ({ code: 'response_invalid', detail })
const HEAD_TOO_LARGE = invalid('the headers are larger than 16 KiB')
/** The one fault of a body that ends the attempt: whatever else happens to it only shortens what is kept. */
export const TRAILERS_TOO_LARGE = invalid('headers and trailers are larger than 16 KiB')
const TOO_MANY_INTERIM = invalid(`more than ${MAX_INTERIM_RESPONSES} interim responses (1xx)`)
const SWITCHED = invalid('the answer switches protocols (101)')
const NOT_CHUNKED = invalid(BAD_RESPONSE)
const SPEAKS_TLS: Failure = {
  code: 'tls_error',
  detail: 'the receiver answers in TLS; its URL must begin with https://',
}

/** What may be handed on of some bytes, and what ends the answer behind them. */
export type Scanned = { pass: Buffer; failure?: Failure }
/** And what of them is not looked at yet. */
type Step = Scanned & { left: Buffer }

/**
 * Reads an answer ahead of the parser, whose own limits come too late. Interim responses are taken out (RFC 9110 15.2:
 * they may come unasked). A head, or with a chunked body its head, extensions and trailers together, may have 16 KiB.
 * Where the parser could read the framing of a chunked body in another way, the answer ends.
 */
export class AnswerScan {
  private body: ChunkedScan | 'other' | undefined
  /** Of a head that is not over yet; `handedOn` bytes of it are with the parser. */
  private begun: Buffer = NOTHING
  private handedOn = 0
  private interim = 0

  /** The next bytes of the answer, in order. */
  next(chunk: Buffer): Scanned {
    const passed: Buffer[] = []
    for (let rest = chunk; rest.length > 0;) {
      const { pass, failure, left } = this.step(rest)
      passed.push(pass)
      if (failure) return { pass: joined(passed), failure }
      rest = left
    }
    return { pass: joined(passed) }
  }

  private step(bytes: Buffer): Step {
    if (!this.body) return this.head(bytes)
    if (this.body === 'other') return { pass: bytes, left: NOTHING }
    const { length, fault } = this.body.next(bytes)
    const pass = bytes.subarray(0, length)
    if (!fault) return { pass, left: NOTHING }
    return {
      pass,
      failure: fault === 'too large' ? TRAILERS_TOO_LARGE : NOT_CHUNKED,
      left: NOTHING,
    }
  }

  /** A final head is handed on as it comes; an interim one, and what may become one, is kept back. */
  private head(bytes: Buffer): Step {
    const all = joined([this.begun, bytes])
    const from = all.findIndex((byte) => byte !== RETURN && byte !== NEWLINE) // the parser skips them
    const end = from < 0 ? -1 : all.indexOf(HEAD_END, from)
    if ((end < 0 ? all.length : end) > MAX_HEAD_BYTES) return failed(HEAD_TOO_LARGE)
    const start = from < 0 ? '' : all.toString('latin1', from, from + INTERIM.length)
    if (TLS_RECORDS.includes(start.charCodeAt(0))) return failed(SPEAKS_TLS)
    const isKeptBack = mayBeInterim(start)
    const until = end < 0 ? all.length : end + HEAD_END.length
    const pass = isKeptBack ? NOTHING : all.subarray(this.handedOn, until)
    if (end < 0) {
      this.begun = all
      this.handedOn = isKeptBack ? 0 : until
      return { pass, left: NOTHING }
    }
    this.begun = NOTHING
    this.handedOn = 0
    const left = all.subarray(until)
    if (isKeptBack) return { ...this.interimEnded(start), left }
    const isFramed = isChunked(all.toString('latin1', from, end))
    this.body = isFramed ? new ChunkedScan(MAX_HEAD_BYTES - end) : 'other'
    return { pass, left }
  }

  private interimEnded(start: string): Scanned {
    this.interim++
    if (start.endsWith('101')) return failed(SWITCHED)
    return this.interim > MAX_INTERIM_RESPONSES ? failed(TOO_MANY_INTERIM) : { pass: NOTHING }
  }
}

/** Whether these first characters of a head are those of a 1xx, as far as they go. */
function mayBeInterim(start: string): boolean {
  const isOfClass = start.length < 10 || start[9] === '1'
  return (
    isOfClass &&
    INTERIM.startsWith(start.replaceAll(/\d/g, (digit, at) => (at === 9 ? digit : '0')))
  )
}

/** As the parser decides it: the last coding of the last Transfer-Encoding. */
function isChunked(head: string): boolean {
  if (/^HTTP\/\d\.\d (204|304)/.test(head)) return false
  const codings = [...head.matchAll(/\r\ntransfer-encoding:([^\r\n]*)/gi)].at(-1)?.[1] ?? ''
  return codings.split(',').at(-1)?.trim().toLowerCase() === 'chunked'
}

function failed(failure: Failure): Step {
  return { pass: NOTHING, failure, left: NOTHING }
}

function joined(parts: Buffer[]): Buffer {
  const [first = NOTHING, ...others] = parts.filter(({ length }) => length > 0)
  return others.length === 0 ? first : Buffer.concat([first, ...others])
}

const [TAB, NEWLINE, RETURN, SPACE, SEMICOLON] = [9, 10, 13, 32, 59]
/** Hex digits of a size; more are no chunk that anybody sends, and no exact number. */
const MAX_DIGITS = 13

type Part =
  | 'size'
  | 'extension'
  | 'size end'
  | 'data'
  | 'data return'
  | 'data end'
  | 'line'
  | 'trailer'
  | 'trailer end'
  | 'last end'
  | 'over'
type Fault = 'malformed' | 'too large'

/**
 * Follows the framing of a chunked body (RFC 9112 7.1), byte by byte and nothing else, and counts what comes beside the
 * data and its sizes: extensions and trailers.
 */
export class ChunkedScan {
  private part: Part = 'size'
  private digits = 0
  private size = 0
  private room: number

  /** `roomBytes`: how many bytes extensions and trailers may have together. */
  constructor(roomBytes: number) {
    this.room = roomBytes
  }

  /** How many of the next bytes are in order, and what is wrong behind them; what follows the body is in order too. */
  next(bytes: Uint8Array): { length: number; fault?: Fault } {
    for (let at = 0; at < bytes.length; at++) {
      if (this.part === 'over') break
      if (this.part === 'data') {
        at += this.skipped(bytes.length - at) - 1
        continue
      }
      const next = this.after(this.part, bytes[at] as number)
      if (next === undefined) return { length: at, fault: 'malformed' }
      if (this.room < 0) return { length: at, fault: 'too large' }
      this.part = next
    }
    return { length: bytes.length }
  }

  /** At most so many bytes of data. */
  private skipped(most: number): number {
    const length = Math.min(most, this.size)
    this.size -= length
    if (this.size === 0) this.part = 'data return'
    return length
  }

  private after(part: Exclude<Part, 'data' | 'over'>, byte: number): Part | undefined {
    switch (part) {
      case 'size':
        return this.sized(byte)
      case 'extension':
        this.room--
        return through(byte, 'size end', 'extension')
      case 'size end':
        return byte === NEWLINE ? this.begun() : undefined
      case 'data return':
        return byte === RETURN ? 'data end' : undefined
      case 'data end':
        return byte === NEWLINE ? 'size' : undefined
      case 'line':
        this.room--
        return through(byte, 'last end', 'trailer')
      case 'trailer':
        this.room--
        return through(byte, 'trailer end', 'trailer')
      case 'trailer end':
        this.room--
        return byte === NEWLINE ? 'line' : undefined
      case 'last end':
        return byte === NEWLINE ? 'over' : undefined
    }
  }

  private sized(byte: number): Part | undefined {
    const digit = digitOf(byte)
    if (digit !== undefined) {
      this.digits++
      this.size = this.size * 16 + digit
      return this.digits > MAX_DIGITS ? undefined : 'size'
    }
    if (this.digits === 0) return undefined
    if (byte === RETURN) return 'size end'
    return byte === SEMICOLON || byte === SPACE || byte === TAB ? 'extension' : undefined
  }

  private begun(): Part {
    this.digits = 0
    return this.size === 0 ? 'line' : 'data'
  }
}

/** A line goes on until its carriage return; a line feed alone ends none. */
function through(byte: number, ended: Part, going: Part): Part | undefined {
  if (byte === RETURN) return ended
  return byte === NEWLINE ? undefined : going
}

function digitOf(byte: number): number | undefined {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : undefined
}

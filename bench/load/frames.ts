const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')
const LENGTH = /\r\ncontent-length:[ \t]*(\d+)/i
const CHUNKED = /\r\ntransfer-encoding:[ \t]*chunked/i

/**
 * Where the HTTP/1.1 message that begins at `from` ends; undefined while some of it is missing. Knows only what load needs:
 * a length, chunks without trailers, or no body.
 */
function frameEnd(bytes: Buffer, from: number): number | undefined {
  const headEnd = bytes.indexOf(HEAD_END, from)
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', from, headEnd)
  const length = LENGTH.exec(head)?.[1]
  if (length === undefined && CHUNKED.test(head)) {
    const last = bytes.indexOf(LAST_CHUNK, headEnd + 2)
    return last < 0 ? undefined : last + LAST_CHUNK.length
  }
  const end = headEnd + HEAD_END.length + Number(length ?? 0)
  return end <= bytes.length ? end : undefined
}

/** Takes what a socket brings and tells each whole message, as the bytes it lies in with its beginning and end. */
export function frameReader(
  each: (bytes: Buffer, from: number, end: number) => void,
): (chunk: Buffer) => void {
  let rest: Buffer | undefined
  return (chunk) => {
    const bytes = rest ? Buffer.concat([rest, chunk]) : chunk
    let from = 0
    for (;;) {
      const end = from < bytes.length ? frameEnd(bytes, from) : undefined
      if (end === undefined) break
      each(bytes, from, end)
      from = end
    }
    rest = from < bytes.length ? bytes.subarray(from) : undefined
  }
}

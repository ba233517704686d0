import type { Socket } from 'node:net'
import { PostFailure } from './failure.ts'

/** As Node's own HTTP client: status line and headers, names and all. */
const MAX_HEAD_BYTES = 16 * 1_024
const HEAD_END = '\r\n\r\n'
/** Of a response that is not interim (1xx). What the parser may read otherwise counts on, so that nothing gets past. */
const FINAL = /^HTTP\/\d\.\d [02-9]/
const [RETURN, NEWLINE] = [13, 10]
const NOTHING = Buffer.alloc(0)

/**
 * The socket, which breaks with `response_invalid` when the head of an answer is larger than 16 KiB. undici has a limit
 * too, but parses the whole chunk first and makes an error for every header above it: a head of 64 KiB could stop the
 * event loop for 0.4 s. For a socket that carries one request at a time.
 */
export function limitHead(socket: Socket): Socket {
  const [read, write] = [socket.read.bind(socket), socket.write.bind(socket)]
  let head: Buffer | null = NOTHING
  socket.write = ((...sent: Parameters<Socket['write']>) => {
    head = NOTHING
    return write(...sent)
  }) as Socket['write']
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size)
    if (head === null || !Buffer.isBuffer(chunk)) return chunk
    head = unfinishedHead(head.length === 0 ? chunk : Buffer.concat([head, chunk]))
    if (head === null || head.length <= MAX_HEAD_BYTES) return chunk
    socket.destroy(
      new PostFailure({ code: 'response_invalid', detail: 'the headers are larger than 16 KiB' }),
    )
    return null
  }
  return socket
}

/** What of these bytes is a head that is not over yet, or too large; null once the body begins. Each interim response has a head of its own. */
function unfinishedHead(bytes: Buffer): Buffer | null {
  for (let rest = bytes; ;) {
    const begin = rest.findIndex((byte) => byte !== RETURN && byte !== NEWLINE) // the parser skips them
    const end = begin < 0 ? -1 : rest.indexOf(HEAD_END, begin)
    if (end < 0 || end > MAX_HEAD_BYTES) return rest
    if (FINAL.test(rest.toString('latin1', begin, begin + 10))) return null
    rest = rest.subarray(end + HEAD_END.length)
  }
}

import type { Socket } from 'node:net'
import { AnswerScan } from './answer-scan.ts'
import { type Failure, PostFailure } from './failure.ts'

/** Connections on which a byte came after the last request was written. */
const answered = new WeakSet<Socket>()

/**
 * The socket, which keeps interim responses to itself and breaks with `response_invalid` where headers and trailers of
 * an answer have more than 16 KiB. undici has a limit too, but parses the whole chunk first and makes an error for every
 * header above it: a chunk of 64 KiB could stop the event loop for 0.7 s. For a socket that carries one request at a time.
 */
export function limitHead(socket: Socket): Socket {
  const read = socket.read.bind(socket)
  const write = socket.write.bind(socket)
  const unshift = socket.unshift.bind(socket)
  let scan = new AnswerScan()
  let failure: Failure | undefined
  /** Put back by the parser when it had to wait; they were looked at before. */
  let knownBytes = 0
  socket.write = ((...sent: Parameters<Socket['write']>) => {
    scan = new AnswerScan()
    answered.delete(socket)
    return write(...sent)
  }) as Socket['write']
  socket.unshift = ((...back: Parameters<Socket['unshift']>) => {
    if (Buffer.isBuffer(back[0])) knownBytes += back[0].length
    return unshift(...back)
  }) as Socket['unshift']
  socket.read = (size?: number): unknown => {
    while (!failure) {
      const chunk: unknown = read(size)
      if (!Buffer.isBuffer(chunk)) return chunk
      answered.add(socket)
      const known = chunk.subarray(0, knownBytes)
      knownBytes -= known.length
      const scanned = scan.next(chunk.subarray(known.length))
      failure = scanned.failure
      if (known.length > 0) return Buffer.concat([known, scanned.pass])
      if (scanned.pass.length > 0) return scanned.pass
    }
    socket.destroy(new PostFailure(failure))
    return null
  }
  return socket
}

/** Whether a byte of an answer to the last request has come over a socket of limitHead. */
export function isAnswered(socket: Socket): boolean {
  return answered.has(socket) || socket.readableLength > 0
}

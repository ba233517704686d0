import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
const bomb = gzipSync(Buffer.alloc(64 * 1_048_576))

/** What a receiver does once it has the request. */
const BEHAVIOURS = {
  ok: (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
  silence: () => undefined,
  'slow headers': (socket: Socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx: ')
    drip(socket, 'a')
  },
  'slow body': (socket: Socket) => {
    socket.write(CHUNKED)
    drip(socket, '1\r\nx\r\n')
  },
  '103 flood': (socket: Socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n'),
  'endless body': (socket: Socket) => {
    socket.write(CHUNKED)
    flood(socket, `4000\r\n${'y'.repeat(0x4000)}\r\n`)
  },
  'endless header': (socket: Socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx: ')
    flood(socket, 'z'.repeat(1_024))
  },
  '5,000 headers': (socket: Socket) => {
    const many = Array.from({ length: 5_000 }, (_, n) => `${n}:\r\n`).join('')
    socket.write(`HTTP/1.1 200 OK\r\n${many}content-length: 0\r\n\r\n`)
  },
  '64,000 headers': (socket: Socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(64_000)}content-length: 0\r\n\r\n`)
  },
  'gzip bomb': (socket: Socket) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`
    socket.write(head)
    socket.write(bomb)
  },
  reset: (socket: Socket) => socket.resetAndDestroy(),
  'reset in the body': (socket: Socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart', () =>
      socket.resetAndDestroy(),
    ),
} satisfies Record<string, (socket: Socket) => unknown>

/** `half-open` accepts a connection and never reads from it. */
export type Mode = keyof typeof BEHAVIOURS | 'half-open'
export type BadReceiver = Awaited<ReturnType<typeof startBadReceiver>>

/** A receiver on loopback that behaves as badly as its mode says, from the next request on. */
export async function startBadReceiver(mode: Mode = 'ok') {
  const sockets = new Set<Socket>()
  const hits: { at: number }[] = []
  const receiver = { mode, hits, url: '', open: () => sockets.size, read, close }
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    if (receiver.mode === 'half-open') return
    onRequest(socket, () => {
      hits.push({ at: Date.now() })
      if (receiver.mode !== 'half-open') BEHAVIOURS[receiver.mode](socket)
    })
    socket.resume()
  })
  /** Half-open connections are read at last, so that their end is noticed. */
  function read() {
    for (const socket of sockets) socket.resume()
  }
  async function close() {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return receiver
}

function onRequest(socket: Socket, arrived: () => void): void {
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    const head = received.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
    if (head < 0 || received.length < head + 4 + length) return
    received = ''
    arrived()
  })
}

function drip(socket: Socket, chunk: string): void {
  const timer = setInterval(() => socket.write(chunk), 100)
  socket.on('close', () => clearInterval(timer))
}

/** As fast as the other side reads. */
function flood(socket: Socket, chunk: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', more)
  more()
}

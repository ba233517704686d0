import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type TcpProxy = {
  address: string
  /** Breaks every connection and refuses new ones, as when the server is stopped. */
  cut: () => void
  /** Keeps connections open and passes nothing on, as when the server is frozen. */
  freeze: () => void
  /** Passes answers on so many milliseconds later; how much is under way at once does not matter. */
  slow: (ms: number) => void
  /** Resets the connection of every so many pieces of an answer. */
  reset: (every: number) => void
  /** Passes everything on in pieces of so many bytes. */
  slice: (bytes: number) => void
  /** Passes on so many bytes a second, in each direction of each connection. */
  throttle: (bytesPerSecond: number) => void
  /** Passes on again, as if nothing had been. */
  mend: () => void
  close: () => Promise<void>
}

const WELL = { mode: 'pass', lateMs: 0, resetEvery: 0, slice: 65_536, bytesPerSecond: Infinity }
type Link = Omit<typeof WELL, 'mode'> & { mode: 'pass' | 'cut' | 'freeze' }
/** Between two pieces that were one. */
const SLICE_PAUSE_MS = 1

/** A TCP proxy on loopback in front of `host:port`, whose link a test can break. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host = '', port = ''] = target.split(':')
  const link: Link = { ...WELL, mode: 'pass' }
  let answers = 0
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }
  const server = createServer((client) => {
    keep(client)
    if (link.mode === 'cut') return void client.destroy()
    const upstream = connect(Number(port), host)
    keep(upstream)
    const isReset = () => link.resetEvery > 0 && ++answers % link.resetEvery === 0
    passOn(client, upstream, { link, lateMs: () => 0 })
    upstream.on('data', () => isReset() && client.resetAndDestroy())
    passOn(upstream, client, { link, lateMs: () => link.lateMs })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      link.mode = 'cut'
      breakAll()
    },
    freeze: () => void (link.mode = 'freeze'),
    slow: (ms) => void (link.lateMs = ms),
    reset: (every) => void (link.resetEvery = every),
    slice: (bytes) => void (link.slice = bytes),
    throttle: (bytesPerSecond) => void (link.bytesPerSecond = bytesPerSecond),
    mend() {
      if (link.mode === 'freeze') breakAll() // what was swallowed can't be given back
      Object.assign(link, { ...WELL, mode: 'pass' })
    },
    async close() {
      breakAll()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Each piece after the one before it, as the link is when its turn comes. */
function passOn(
  from: Socket,
  to: Socket,
  { link, lateMs }: { link: Link; lateMs: () => number },
): void {
  let last = Promise.resolve()
  from.on('data', (data: Buffer) => {
    const atMs = Date.now() + lateMs()
    last = last.then(async () => {
      if (atMs > Date.now()) await sleep(atMs - Date.now())
      if (link.mode === 'pass') await write(to, data, link)
    })
  })
}

async function write(to: Socket, data: Buffer, link: Link): Promise<void> {
  for (let at = 0; at < data.length; at += link.slice) {
    if (at > 0) await sleep(SLICE_PAUSE_MS)
    const piece = data.subarray(at, at + link.slice)
    if (link.bytesPerSecond < Infinity) await sleep((piece.length / link.bytesPerSecond) * 1_000)
    if (to.writable) to.write(piece)
  }
}

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
  /** Passes on again. */
  mend: () => void
  close: () => Promise<void>
}

/** A TCP proxy on loopback in front of `host:port`, whose link a test can break. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host = '', port = ''] = target.split(':')
  let mode: 'pass' | 'cut' | 'freeze' = 'pass'
  let lateMs = 0
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }
  const server = createServer((client) => {
    keep(client)
    if (mode === 'cut') return void client.destroy()
    const upstream = connect(Number(port), host)
    keep(upstream)
    client.on('data', (data) => mode === 'pass' && upstream.write(data))
    let last = Promise.resolve()
    upstream.on('data', (data) => {
      const atMs = Date.now() + lateMs
      last = last.then(async () => {
        if (atMs > Date.now()) await sleep(atMs - Date.now())
        if (mode === 'pass') client.write(data)
      })
    })
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
      mode = 'cut'
      breakAll()
    },
    freeze() {
      mode = 'freeze'
    },
    slow(ms) {
      lateMs = ms
    },
    mend() {
      if (mode === 'freeze') breakAll() // what was swallowed can't be given back
      mode = 'pass'
    },
    async close() {
      breakAll()
      server.close()
      await once(server, 'close')
    },
  }
}

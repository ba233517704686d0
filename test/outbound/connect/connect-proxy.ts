import { once } from 'node:events'
import { connect, type AddressInfo, createServer, type Socket } from 'node:net'

/** An HTTP CONNECT proxy on loopback that resolves every name to 127.0.0.1; `answer` replaces its tunnel. */
export async function startConnectProxy(answer?: (socket: Socket) => void) {
  const heads: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (chunk) => {
      const head = chunk.toString('latin1')
      heads.push(head)
      if (answer) return answer(socket)
      const port = Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1])
      const outward = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        socket.pipe(outward).pipe(socket)
      })
      sockets.add(outward)
      outward.on('error', () => socket.destroy())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    /** The heads of the CONNECT requests. */
    heads,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

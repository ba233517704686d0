import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came; the body is not parsed, since signatures cover its bytes. */
export type Request = { headers: IncomingHttpHeaders; body: Buffer; at: number }

export type Receiver = { url: string; close: () => void }

/** A receiver on loopback that answers each request with the status that `answer` gives. */
export async function startReceiver(answer: (request: Request) => number): Promise<Receiver> {
  const server = createServer((request, response) => {
    const at = Date.now()
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const status = answer({ headers: request.headers, body: Buffer.concat(chunks), at })
      response.writeHead(status).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

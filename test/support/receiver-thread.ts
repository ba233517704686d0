import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Plain JavaScript: the thread has no loader of TypeScript. */
const SERVER = `
const { createServer } = require('node:http')
const { parentPort } = require('node:worker_threads')
const server = createServer((request, response) => {
  const at = performance.timeOrigin + performance.now()
  request.resume().on('end', () => {
    parentPort.postMessage({ at, path: request.url })
    response.end('ok')
  })
})
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

export type ThreadReceiver = {
  url: string
  /** When each request for this path came, in epoch milliseconds. */
  times: (path: string) => number[]
  close: () => Promise<unknown>
}

/** A receiver whose clock does not wait for the event loop of the herald in this process. */
export async function startThreadReceiver(): Promise<ThreadReceiver> {
  const worker = new Worker(SERVER, { eval: true })
  const [port] = (await once(worker, 'message')) as [number]
  const hits: { at: number; path: string }[] = []
  worker.on('message', (hit: { at: number; path: string }) => hits.push(hit))
  return {
    url: `http://127.0.0.1:${port}`,
    times: (path) => hits.filter((hit) => hit.path === path).map((hit) => hit.at),
    close: () => worker.terminate(),
  }
}

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

type Request = { url: string; method: string; headers: Record<string, string>; body?: string }
type Answer = { status: number; bytes: number; ms: number; text: string }

const CODE = `
const { parentPort } = require('node:worker_threads')
parentPort.on('message', async ({ url, ...init }) => {
  const began = performance.now()
  try {
    const answer = await fetch(url, init)
    const text = await answer.text()
    const { status } = answer
    parentPort.postMessage({ status, bytes: text.length, ms: performance.now() - began, text: text.slice(0, 2000) })
  } catch (error) {
    parentPort.postMessage({ status: 0, bytes: 0, ms: performance.now() - began, text: String(error.cause ?? error) })
  }
})`

/** A client in a thread of its own, so that what it does is not taken for work of the server's event loop. */
export function httpThread() {
  const worker = new Worker(CODE, { eval: true, execArgv: [] })
  return {
    async ask(request: Request): Promise<Answer> {
      worker.postMessage(request)
      const [answer] = (await once(worker, 'message')) as [Answer]
      return answer
    },
    stop: () => worker.terminate(),
  }
}

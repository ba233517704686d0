import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { frameReader } from './frames.ts'
import { answerParent } from './parent.ts'
import type { AnswerRule } from './plan.ts'
import { Receipts } from './receipts.ts'

/** What can be asked of it: to listen, to take a run's events, how many came, and all that came. */
export type ReceiverQuestion =
  | { kind: 'listen'; port: number }
  | { kind: 'begin'; prefix: string; rule: AnswerRule }
  | { kind: 'delivered' }
  | { kind: 'log' }

const ANSWERS: Record<number, Buffer> = {
  200: Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  500: Buffer.from('HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n'),
}

let receipts = new Receipts('-', { failingTenths: 0 })

const server = createServer({ noDelay: true }, (socket) => {
  const read = frameReader((bytes, from, end) => {
    socket.write(ANSWERS[receipts.receive(bytes, from, end)] ?? '')
  })
  socket.on('data', read).on('error', () => socket.destroy())
})

/** The process that webhooks are sent to. */
answerParent(async (question: ReceiverQuestion): Promise<unknown> => {
  switch (question.kind) {
    case 'listen':
      server.listen(question.port, '127.0.0.1')
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    case 'begin':
      receipts = new Receipts(question.prefix, question.rule)
      return true
    case 'delivered':
      return receipts.delivered()
    case 'log':
      return receipts.log()
  }
})

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import mongoose from 'mongoose'

const { BSON } = mongoose.mongo
const OP_MSG = 2013
const HEADER_BYTES = 16
/** After the header come flag bits and the kind of the first section. */
const BODY_AT = HEADER_BYTES + 5

type Document = Record<string, unknown>
/** A command as the driver sent it: its name, its collection where it has one, and all its fields. */
export type WireCommand = { name: string; collection: string; fields: Document }
/** What is answered in the server's place: a document, or nothing and the connection is closed, or nothing ever. */
export type WireAnswer = Document | 'close' | 'silence'

export type MongoWire = {
  /** As the server's, but through here. */
  url: string
  /** Every command since the last clearing, besides those of the driver itself. */
  commands: WireCommand[]
  /** Asked for each of them; undefined lets the server answer. */
  answer: (command: WireCommand) => WireAnswer | undefined
  close: () => Promise<void>
}

/** A proxy in front of a real MongoDB that reads the commands, and answers those that a test wants answered otherwise. */
export async function startMongoWire(serverUrl: string): Promise<MongoWire> {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    upstream.pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    onMessages(client, (message) => {
      const command = commandOf(message)
      if (command) wire.commands.push(command)
      const answer = command && wire.answer(command)
      if (answer === undefined) upstream.write(message)
      else if (answer === 'close') client.destroy()
      else if (answer !== 'silence') client.write(reply(answer, message.readInt32LE(4)))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  url.searchParams.set('directConnection', 'true')
  const wire: MongoWire = {
    url: url.href,
    commands: [],
    answer: () => undefined,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return wire
}

function onMessages(socket: Socket, take: (message: Buffer) => void): void {
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
      const message = received.subarray(0, received.readInt32LE(0))
      received = received.subarray(message.length)
      take(message)
    }
  })
}

/** Undefined for what the driver asks of its own accord: who the server is, and whether it is there. */
function commandOf(message: Buffer): WireCommand | undefined {
  if (message.readInt32LE(12) !== OP_MSG) return undefined
  const size = message.readInt32LE(BODY_AT)
  const fields: Document = BSON.deserialize(message.subarray(BODY_AT, BODY_AT + size))
  const name = Object.keys(fields)[0] ?? ''
  if (['hello', 'isMaster', 'ismaster', 'ping', 'endSessions'].includes(name)) return undefined
  return { name, collection: String(fields[name]), fields }
}

function reply(answer: Document, responseTo: number): Buffer {
  const body = BSON.serialize(answer)
  const head = Buffer.alloc(BODY_AT)
  head.writeInt32LE(head.length + body.length, 0)
  head.writeInt32LE(responseTo, 8)
  head.writeInt32LE(OP_MSG, 12)
  return Buffer.concat([head, body])
}

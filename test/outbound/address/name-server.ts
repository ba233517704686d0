import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Resolver } from 'node:dns/promises'
import type { NameResolver } from '../../../src/outbound/address/name-resolver.ts'

const A = 1
const SERVFAIL = 2

/** What the zone says to a question for IPv4 addresses: addresses, a failure, or nothing at all. */
export type ZoneAnswer = string[] | 'servfail' | 'silence'

/** A DNS server on loopback whose zone is a function, and a c-ares resolver that asks nobody else. */
export async function startNameServer(zone: (name: string) => ZoneAnswer) {
  const questions: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, type, end } = question(query)
    questions.push(name)
    const answer = zone(name)
    if (answer === 'silence') return
    const addresses = answer === 'servfail' || type !== A ? [] : answer
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180 | (answer === 'servfail' ? SERVFAIL : 0), 2)
    header.writeUInt16BE(addresses.length, 6)
    header.writeUInt32BE(0, 8)
    const records = addresses.map((address) =>
      Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
    )
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), from.port)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  const asked: NameResolver = {
    resolve4: (hostname) => resolver.resolve4(hostname),
    resolve6: (hostname) => resolver.resolve6(hostname),
  }
  return {
    port: socket.address().port,
    questions,
    resolver: asked,
    close() {
      resolver.cancel()
      socket.close()
    },
  }
}

function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

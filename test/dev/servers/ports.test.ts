import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { choosePorts, nextFreePort, tryPort } from '../../../dev/servers/ports.ts'

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  const address = server.address()
  return address && typeof address === 'object' ? address.port : 0
}

describe('the ports of a start', () => {
  it('pass over a port that is taken', async () => {
    const taken = await takenPort()
    expect(await tryPort(taken)).toBeUndefined()
    expect(await nextFreePort(taken)).toBeGreaterThan(taken)
  })

  it('are never the same for two servers', async () => {
    for (const wanted of [0, undefined]) {
      const ports = Object.values(await choosePorts(wanted))
      expect(new Set(ports).size).toBe(7)
    }
  })

  it('fail clearly where the port that was asked for is taken', async () => {
    const taken = await takenPort()
    await expect(choosePorts(taken)).rejects.toThrow(`Port ${taken} is taken`)
  })
})

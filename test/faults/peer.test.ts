import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { choosePorts } from '../../dev/servers/ports.ts'
import { HOOKS } from '../../faults/load/webhooks.ts'
import { type Peer, readPeer, startPeer } from '../../faults/service/peer.ts'
import { until } from '../support/until.ts'

/** Accepts an event, forgets it when it is killed, and delivers it half a second later otherwise. */
const FORGETFUL = `
const { createServer } = require('node:http')
let to = ''
createServer((request, response) => {
  let body = ''
  request.on('data', (data) => (body += data)).on('end', () => {
    if (request.url === '/endpoint') to = JSON.parse(body).url
    if (request.url === '/events')
      setTimeout(() => fetch(to, { method: 'POST', body }).catch(() => undefined), 500)
    response.end('ok')
  })
}).listen(Number(process.env.PORT), '127.0.0.1')
`
const EVENT = { event: 'flt-1', type: 'faults.healthy', proof: 'flt-1.x' }

async function forgetful(): Promise<Peer> {
  const { api: port } = await choosePorts(0)
  const at = `http://127.0.0.1:${port}`
  return {
    name: 'forgetful',
    publish: {
      url: `${at}/events`,
      headers: {},
      bodyTemplate: '{"proof":"__PROOF__","id":"__ID__"}',
      okStatus: [200],
    },
    receive: [
      { method: 'POST', url: `${at}/endpoint`, headers: {}, body: { url: '__RECEIVER__' } },
    ],
    processes: [
      {
        part: 'herald A',
        role: 'sender',
        start: [process.execPath, '-e', FORGETFUL],
        env: { PORT: String(port) },
        ready: at,
      },
    ],
  }
}

describe('a service by a JSON file', () => {
  it('is started, told where to deliver, published to, killed, and started again', async () => {
    const bodies: string[] = []
    const receiver = createServer((request, response) => {
      request.on('data', (data: Buffer) => bodies.push(`${request.url} ${data.toString()}`))
      response.end()
    }).listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
    const service = await startPeer(await forgetful())
    try {
      expect((await service.setUp(HOOKS, url)).map(({ name }) => name)).toEqual(['healthy'])
      const publish = async () => {
        const { url: to, ...request } = service.publication(EVENT, 0)
        return (await fetch(to, { method: 'POST', ...request })).status
      }
      expect(service.accepts(await publish())).toBe(true)
      await until(() => bodies.includes('/healthy {"proof":"flt-1.x","id":"flt-1"}'))
      const [pid = 0] = service.pids()
      const mend = await service.targets.get('herald A')?.hurt('kill', 0)
      expect(() => process.kill(pid, 0)).toThrow('ESRCH')
      await mend?.()
      expect(service.accepts(await publish())).toBe(true)
    } finally {
      await service.stop('remove')
      receiver.close()
    }
  })

  it('is each of the files that are here', async () => {
    const folder = new URL('../../faults/peers/', import.meta.url)
    for (const file of await readdir(folder))
      expect((await readPeer(new URL(file, folder).pathname)).notHere).toBeTruthy()
  })
})

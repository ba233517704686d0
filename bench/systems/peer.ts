import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { System } from './system.ts'

const peerSchema = z.strictObject({
  name: z.string().default('peer'),
  url: z.url({ protocol: /^http$/ }),
  headers: z.record(z.string(), z.string()).default({ 'content-type': 'application/json' }),
  /** The body of one event; `__ID__` becomes its id, which must come back somewhere in the delivery. */
  bodyTemplate: z.string().includes('__ID__'),
  okStatus: z.array(z.number().int()).default([200, 201, 202]),
  /** Where the peer was told to deliver: http://127.0.0.1:<port>/hook/0. */
  receiverPort: z.number().int().min(1).max(65_535),
  /** A file with lines `name pid`: whose CPU and memory count, children included. */
  pids: z.string().optional(),
})

/** Another service under the same load, by a JSON file; it runs already and is set up to deliver to the receiver. */
export async function readPeer(file: string): Promise<{ system: System; receiverPort: number }> {
  const peer = peerSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  const processes = peer.pids === undefined ? {} : await readProcesses(peer.pids)
  const { url, headers, bodyTemplate: event, okStatus } = peer
  const system: System = {
    name: peer.name,
    processes: () => processes,
    target: () => ({ url, headers, before: '', event, after: '', okStatus }),
  }
  return { system, receiverPort: peer.receiverPort }
}

async function readProcesses(file: string): Promise<Record<string, number>> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim())
  return Object.fromEntries(
    lines.filter(Boolean).map((line) => {
      const [name = '', pid] = line.split(/\s+/)
      return [name, Number(pid)]
    }),
  )
}

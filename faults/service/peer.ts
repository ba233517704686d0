import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { startChild } from '../../dev/servers/child.ts'
import { untilUp } from '../../dev/servers/wait.ts'
import { killable, type OwnServer } from '../../test/support/servers/killable.ts'
import { environment } from './servers.ts'
import type { Service, Target } from './service.ts'
import { processTarget } from './targets.ts'

const processSchema = z.strictObject({
  /** The name by which a row hurts it, such as `herald A`, so that the same rows can be run. */
  part: z.string(),
  role: z.enum(['sender', 'store', 'engine']),
  /** Program and arguments. */
  start: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()).default({}),
  /** Answers 2xx once it is ready. */
  ready: z.url({ protocol: /^http$/ }),
})
const callSchema = z.strictObject({
  method: z.string().default('POST'),
  url: z.url({ protocol: /^http$/ }),
  headers: z.record(z.string(), z.string()).default({ 'content-type': 'application/json' }),
  body: z.unknown(),
})
const peerSchema = z.strictObject({
  name: z.string(),
  /** Why there are no figures of it; a file that has this is listed and not run. */
  notHere: z.string().optional(),
  publish: z.strictObject({
    url: z.url({ protocol: /^http$/ }),
    headers: z.record(z.string(), z.string()).default({ 'content-type': 'application/json' }),
    /** `__ID__` becomes the event's id, and `__PROOF__` what must be in a member `proof` of the delivery. */
    bodyTemplate: z.string().includes('__PROOF__'),
    okStatus: z.array(z.number().int()).default([200, 201, 202]),
  }),
  /** What makes its endpoint; `__RECEIVER__` in it becomes the URL that is to be delivered to. */
  receive: z.array(callSchema).default([]),
  /** Started in this order. */
  processes: z.array(processSchema).min(1),
})
export type Peer = z.infer<typeof peerSchema>

/** Reads a file of a service that is not herald. Throws where it is none. */
export async function readPeer(file: string): Promise<Peer> {
  return peerSchema.parse(JSON.parse(await readFile(file, 'utf8')))
}

/** Starts the processes of a peer. It is judged by what is received, since each shows its records in its own way. */
export async function startPeer({ publish, receive, processes }: Peer): Promise<Service> {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-faults-peer-'))
  const parts = processes.map((one) => ({ ...one, server: peerProcess(one, dataDir) }))
  for (const { server } of parts) await server.start()
  const { url, headers, bodyTemplate, okStatus } = publish
  return {
    targets: new Map<string, Target>(
      parts.map(({ part, role, server }) => [part, processTarget(role, server)]),
    ),
    publication: ({ event, proof }) => ({
      url,
      headers,
      body: bodyTemplate.replaceAll('__ID__', event).replaceAll('__PROOF__', proof),
    }),
    accepts: (status) => okStatus.includes(status),
    async setUp(hooks, receiver) {
      const healthy = hooks.filter(({ name }) => name === 'healthy')
      for (const one of healthy)
        for (const call of receive) await made(call, `${receiver}/${one.name}`)
      // every event goes to the one endpoint that it has
      return healthy.map((hook) => ({
        ...hook,
        share: 1,
        types: [`faults.${hook.name}`, 'faults.all'],
      }))
    },
    pids: () => parts.map(({ server }) => server.pid()),
    async stop(data) {
      for (const { server } of parts.toReversed()) await server.stop()
      if (data === 'remove') await rm(dataDir, { recursive: true, force: true })
      else console.error(`logs: ${dataDir}`)
    },
  }
}

async function made(call: z.infer<typeof callSchema>, receiver: string): Promise<void> {
  const { method, url, headers, body } = call
  const text = JSON.stringify(body).replaceAll('__RECEIVER__', receiver)
  const answer = await fetch(url, { method, headers, body: text })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
}

function peerProcess(plan: z.infer<typeof processSchema>, dataDir: string): OwnServer {
  const { part, start, env, ready } = plan
  const logFile = join(dataDir, `${part}.log`)
  const [program = '', ...args] = start
  return killable(async (started) => {
    const child = await startChild({ program, args, env: { ...environment(), ...env }, logFile })
    started(child)
    const answers = async () => (await fetch(ready, { signal: AbortSignal.timeout(2_000) })).ok
    await untilUp(part, { child, logFile, answers })
  })
}

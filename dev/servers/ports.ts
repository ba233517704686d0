import { once } from 'node:events'
import { createServer } from 'node:net'
import { StartFailure } from '../failure.ts'

/** How far from the usual port the next free one is looked for. */
const REACH = 200

/** Where `--port 0` looks. */
const ANY_FROM = 20_000
const ANY_COUNT = 10_000

export type Ports = {
  api: number
  metrics: number
  temporal: number
  temporalUi: number
  temporalHttp: number
  temporalMetrics: number
  mongo: number
}

const USUAL: Ports = {
  api: 8080,
  metrics: 9464,
  temporal: 7233,
  temporalUi: 8233,
  temporalHttp: 7243,
  temporalMetrics: 7244,
  mongo: 27_018,
}
/** In the order in which they are chosen. */
const NAMES = [
  'api',
  'metrics',
  'temporal',
  'temporalUi',
  'temporalHttp',
  'temporalMetrics',
  'mongo',
] as const

/** The port if it is free on loopback now (for 0 any free one), else undefined. */
export async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return undefined
  }
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address && typeof address === 'object' ? address.port : undefined
}

/** The usual port or the next free one that is not in `taken`. Throws StartFailure where none is near. */
export async function nextFreePort(usual: number, taken: readonly number[] = []): Promise<number> {
  for (let port = usual; port < Math.min(usual + REACH, 65_536); port++) {
    if (!taken.includes(port) && (await tryPort(port)) !== undefined) return port
  }
  throw new StartFailure(`No free port from ${usual} on. Choose with --port, or --port 0 for any.`)
}

/**
 * Picks every port once. `wanted` 0: any free one for all. A number: that one for the API.
 * Undefined: the usual ones. Throws StartFailure where the port asked for is taken.
 */
export async function choosePorts(wanted: number | undefined): Promise<Ports> {
  const chosen: Partial<Ports> = {}
  for (const name of NAMES) {
    chosen[name] =
      wanted === 0
        ? await anyPort(Object.values(chosen))
        : name === 'api' && wanted !== undefined
          ? await exactly(wanted)
          : await nextFreePort(USUAL[name], Object.values(chosen))
  }
  return chosen as Ports
}

async function exactly(port: number): Promise<number> {
  if ((await tryPort(port)) !== undefined) return port
  throw new StartFailure(`Port ${port} is taken. Choose another with --port, or --port 0 for any.`)
}

/**
 * Any free port that is not in `taken`, below the range from which the system takes the near ends of connections: one of
 * those may be gone before the server that is to have it listens.
 */
async function anyPort(taken: readonly number[]): Promise<number> {
  for (;;) {
    const port = ANY_FROM + Math.floor(Math.random() * ANY_COUNT)
    if (!taken.includes(port) && (await tryPort(port)) !== undefined) return port
  }
}

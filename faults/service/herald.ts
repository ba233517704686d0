import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BENCH_SETTINGS } from '../../bench/systems/herald.ts'
import type { MongoChoice } from '../../bench/stack.ts'
import { choosePorts } from '../../dev/servers/ports.ts'
import { newApiKey } from '../../src/ids.ts'
import type { OwnServer } from '../../test/support/servers/killable.ts'
import { startTcpProxy, type TcpProxy } from '../../test/support/servers/tcp-proxy.ts'
import type { Role } from '../history.ts'
import type { Row } from '../plan.ts'
import type { Build } from './build.ts'
import { HeraldApi } from './herald-api.ts'
import { heraldPart, type HeraldPlan } from './herald-process.ts'
import { type Disk, DISKS, environment, faultServers } from './servers.ts'
import type { Service, Target } from './service.ts'
import { diskTarget, linkTarget, processTarget } from './targets.ts'

const run = promisify(execFile)
const NAMES = ['herald A', 'herald B'] as const

/** What a row needs of the stack: small disks and links that can be broken are made only where one is. */
type Needs = {
  build: Build
  roles: NonNullable<Row['roles']>
  on: ReadonlySet<string>
  mongo?: MongoChoice
}

/** Two heralds on servers of their own, all started. Nothing of it outlives this process, unless that is killed with -9. */
export async function startHeralds({ build, roles, on, mongo }: Needs): Promise<Service> {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-faults-'))
  const ports = await choosePorts(0)
  const disks = (Object.keys(DISKS) as Disk[]).filter((disk) => on.has(disk))
  const servers = await faultServers({ dataDir, ports, ...(mongo && { mongo }) }, disks)
  await Promise.all([servers.temporal.start(), servers.mongo.start()])
  const links = new Links(on)
  const key = newApiKey().value
  const env = {
    ...environment(),
    ...settings(key),
    WORKFLOW_BUNDLE: build.bundle,
    TEMPORAL_ADDRESS: await links.to('Temporal', 'engine', ports.temporal),
    MONGODB_URI: `mongodb://${await links.to('MongoDB', 'store', ports.mongo)}/herald?directConnection=true`,
  }
  await run(process.execPath, [build.cli, 'setup'], { env })
  const heralds = await heraldParts(roles, { cli: build.cli, dataDir, env })
  const apis: string[] = []
  for (const { name, role, port } of heralds)
    if (role !== 'worker') apis.push(await links.to(name, 'way in', port))
  await Promise.all(heralds.map(({ part }) => part.start()))
  const targets: [string, Target][] = [
    ['Temporal', processTarget('engine', servers.temporal)],
    ['MongoDB', processTarget('store', servers.mongo)],
    ...disks.map((disk): [string, Target] => [
      disk,
      diskTarget(DISKS[disk].role, servers.folders[disk]),
    ]),
    ...heralds.map(({ name, part }): [string, Target] => [name, processTarget('sender', part)]),
  ]
  return {
    ...new HeraldApi(apis, key).asService(),
    targets: new Map([...targets, ...links.targets]),
    pids: () => heralds.map(({ part }) => part.pid()),
    async stop(data) {
      await Promise.all(heralds.map(({ part }) => part.stop()))
      await links.close()
      await Promise.all([servers.temporal.kill(), servers.mongo.kill()])
      servers.unmount()
      if (data === 'remove') await rm(dataDir, { recursive: true, force: true })
      else console.error(`logs and data: ${dataDir}`)
    },
  }
}

const settings = (key: string) => ({
  ...BENCH_SETTINGS,
  ADMIN_API_KEY: key,
  OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
  ALLOW_HTTP: 'true',
  LOG_LEVEL: 'warn',
})

type Parts = Pick<HeraldPlan, 'cli' | 'dataDir' | 'env'>
async function heraldParts(roles: Needs['roles'], all: Parts) {
  const parts: (HeraldPlan & { part: OwnServer })[] = []
  for (const [nth, role] of roles.entries()) {
    const { api: port, temporalMetrics: metricsPort } = await choosePorts(0)
    const plan = { ...all, name: NAMES[nth] ?? 'herald', role, port, metricsPort }
    parts.push({ ...plan, part: heraldPart(plan) })
  }
  return parts
}

/** Links that a row hurts go through a proxy; the others are none. */
class Links {
  readonly targets: [string, Target][] = []
  private readonly proxies: TcpProxy[] = []
  private readonly on: ReadonlySet<string>

  constructor(on: ReadonlySet<string>) {
    this.on = on
  }

  /** The address at which this part is reached. */
  async to(part: string, role: Role, port: number): Promise<string> {
    const link = `link to ${part}`
    if (!this.on.has(link)) return `127.0.0.1:${port}`
    const proxy = await startTcpProxy(`127.0.0.1:${port}`)
    this.proxies.push(proxy)
    this.targets.push([link, linkTarget(role, proxy)])
    return proxy.address
  }

  async close(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()))
  }
}

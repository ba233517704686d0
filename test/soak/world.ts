import { execFileSync } from 'node:child_process'
import { appendFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OwnServers } from '../support/servers/own-servers.ts'
import { type HeraldProcess, heraldProcess } from '../support/servers/process.ts'
import { Api } from './api.ts'
import type { Fault, Part } from './judge/history.ts'
import { preciseNow } from './journal.ts'
import { patiently } from './patience.ts'

/** Characters of its log that say why a herald ended. */
const LOG_SHOWN = 3_000
const WATCH_MS = 500
const BUILT = ['dist/cli.js']
/** Of a herald's main thread once it is ready, by `nice`. */
const PRECEDENCE = -10
/** A busy machine may need long for two starts at once; that is no fault of herald. */
const READY_SECONDS = 180

/** Two heralds on servers of their own, whose parts are killed and started again. */
export class World {
  readonly faults: Fault[] = []
  /** Heralds that ended without being killed. */
  readonly deaths: string[] = []
  readonly api: Api
  readonly heralds: Record<'herald A' | 'herald B', HeraldProcess>
  readonly servers: OwnServers
  private readonly expected = new Set<Part>()
  private readonly watching = new AbortController()

  private constructor(servers: OwnServers, heralds: World['heralds']) {
    this.servers = servers
    this.heralds = heralds
    const key = heralds['herald A'].environment['ADMIN_API_KEY'] ?? ''
    this.api = new Api(Object.values(heralds), key)
    process.once('exit', () => this.killHeralds())
  }

  /** Starts both heralds at once. Throws, with everything stopped, where one does not become ready. */
  static async open(name: string, servers: OwnServers): Promise<World> {
    // as it is installed: started from its sources each start would cost several seconds of CPU more
    execFileSync('npm', ['run', '--silent', 'build'])
    const common = {
      MONGODB_URI: `${servers.mongo.url}/herald?directConnection=true`,
      TEMPORAL_ADDRESS: servers.temporal.address,
      WORKFLOW_BUNDLE: 'dist/workflow-bundle.js',
      METRICS_PORT: '0',
    }
    const first = await heraldProcess(`${name}-a`, common, BUILT)
    const second = await heraldProcess(`${name}-b`, first.environment, BUILT)
    const world = new World(servers, { 'herald A': first, 'herald B': second })
    try {
      await Promise.all([first, second].map((herald) => herald.start(READY_SECONDS)))
    } catch (error) {
      await world.stop('keep')
      throw error
    }
    precede(first)
    precede(second)
    void world.watch()
    return world
  }

  get taskQueue(): string {
    return this.heralds['herald A'].environment['TASK_QUEUE'] ?? ''
  }

  /** kill -9 of all of these at once; resolves when all are ready again. */
  async kill(parts: Part[], downMs: number): Promise<void> {
    await Promise.all(
      parts.map(async (part) => {
        this.expected.add(part)
        const fault: Fault = { part, fromMs: preciseNow(), goneMs: Infinity, upMs: Infinity }
        this.faults.push(fault)
        try {
          await this.part(part).kill()
          fault.goneMs = preciseNow()
          await sleep(downMs)
          await this.started(part)
        } finally {
          fault.upMs = preciseNow()
          this.expected.delete(part)
        }
      }),
    )
  }

  /** SIGTERM and a new start. Throws with the end of its log where it did not end with 0. */
  async restart(part: keyof World['heralds']): Promise<void> {
    this.expected.add(part)
    try {
      const code = await this.heralds[part].stop()
      const last = this.heralds[part].log().slice(-LOG_SHOWN)
      await this.started(part)
      if (code !== 0) throw new Error(`${part} ended with ${code} after SIGTERM: ${last}`)
    } finally {
      this.expected.delete(part)
    }
  }

  /** Ids of the workflows of both heralds that have not ended. */
  openWorkflows(): Promise<string[]> {
    return patiently(() => this.heralds['herald A'].openWorkflows())
  }

  /** The process ids of everything that runs, for the report. */
  pids(): Record<Part, number> {
    return {
      'herald A': this.heralds['herald A'].pid(),
      'herald B': this.heralds['herald B'].pid(),
      Temporal: this.servers.temporal.pid(),
      MongoDB: this.servers.mongo.pid(),
    }
  }

  /** Ends everything; with `keep` the files stay, with the heralds' logs among them. */
  async stop(data: 'remove' | 'keep'): Promise<void> {
    this.watching.abort()
    await Promise.all(Object.values(this.heralds).map((herald) => herald.stop()))
    if (data === 'keep')
      for (const [name, herald] of Object.entries(this.heralds))
        await appendFile(join(this.servers.dataDir, `${name}.log`), herald.log())
    await this.servers.stop(data)
  }

  private async started(part: Part): Promise<void> {
    await this.part(part).start(READY_SECONDS)
    if (part === 'herald A' || part === 'herald B') precede(this.heralds[part])
  }

  private part(part: Part): {
    kill: () => Promise<void>
    start: (seconds?: number) => Promise<void>
  } {
    if (part === 'Temporal') return this.servers.temporal
    return part === 'MongoDB' ? this.servers.mongo : this.heralds[part]
  }

  /** A herald that ends by itself is a fault; it is started again, as a process manager would. */
  private async watch(): Promise<void> {
    while (!this.watching.signal.aborted) {
      for (const part of ['herald A', 'herald B'] as const) {
        if (this.expected.has(part) || isAlive(this.heralds[part].pid())) continue
        this.deaths.push(`${part}: ${this.heralds[part].log().slice(-LOG_SHOWN)}`)
        await this.kill([part], 0).catch((error: unknown) => this.deaths.push(String(error)))
      }
      await sleep(WATCH_MS)
    }
  }

  private killHeralds(): void {
    for (const herald of Object.values(this.heralds))
      if (isAlive(herald.pid())) process.kill(herald.pid(), 'SIGKILL')
  }
}

/**
 * A herald has cores of its own in production. Here servers, receivers and whatever is starting wait for a core behind it:
 * else a kill finds the answers that the scheduler, and not herald, kept from being read. Needs root.
 */
function precede(herald: HeraldProcess): void {
  if (process.getuid?.() === 0) setPriority(herald.pid(), PRECEDENCE)
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}

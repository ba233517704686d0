import fc from 'fast-check'
import type { Simulation } from './simulation.ts'

/** Every command makes sense at any time; what came of it is for the referee to see. */
type Model = object
type Deed = {
  /** What it does with the n-th of what it is about. */
  run: (simulation: Simulation, n: number) => unknown
  weight?: number
}

/** Most commands follow at once, so that they meet; others when there is time for what is under way. */
const WAITS_MS = [0, 0, 1, 5, 20, 60, 150, 400, 1_000, 2_500, 7_000]
const WEATHER_MS = 4_000
/** What MongoDB held up has settled so long after the weather. */
const SETTLES_MS = 5_000
const FLOOD = 15

const webhookOf = ({ webhooks }: Simulation, n: number) =>
  [...webhooks.keys()][n % webhooks.size] ?? ''
const nth = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(list.length, 1)]
const workflowOf = ({ temporal }: Simulation, n: number) => nth(temporal.runs, n)

async function redeliver(simulation: Simulation, n: number): Promise<void> {
  const delivery = nth(simulation.deliveries(), n) ?? ''
  simulation.referee.asks(delivery)
  await simulation.people.redeliver(delivery)
}

async function cancel({ people, referee, world }: Simulation, delivery: string) {
  const answer = await people.cancel(delivery)
  if (answer?.status === 200) await world.step(0, () => referee.cancelIsKnown(delivery))
}

const DEEDS: Record<string, Deed> = {
  post: { weight: 5, run: (simulation, n) => simulation.post([n % 3 === 0 ? 'b' : 'a']) },
  'post a group': {
    weight: 4,
    run: (simulation, n) => simulation.post(n % 2 === 0 ? ['a', 'b'] : ['a', 'a', 'b']),
  },
  'post a flood': {
    weight: 2,
    run: (simulation) => simulation.post(Array.from({ length: FLOOD }, () => 'a' as const)),
  },
  'post a test': { run: (simulation) => simulation.post(['a'], true) },
  pause: { weight: 2, run: (simulation, n) => simulation.people.pause(webhookOf(simulation, n)) },
  resume: { weight: 3, run: (simulation, n) => simulation.people.resume(webhookOf(simulation, n)) },
  'limit on': {
    weight: 3,
    run: (simulation, n) => {
      const webhook = webhookOf(simulation, n)
      const { limit = null } = simulation.webhooks.get(webhook) ?? {}
      return simulation.people.limit(webhook, limit)
    },
  },
  'limit off': {
    weight: 2,
    run: (simulation, n) => simulation.people.limit(webhookOf(simulation, n), null),
  },
  disable: { run: (simulation, n) => simulation.people.disable(webhookOf(simulation, n)) },
  'delete webhook': { run: (simulation, n) => simulation.people.delete(webhookOf(simulation, n)) },
  redeliver: { weight: 7, run: redeliver },
  cancel: {
    weight: 4,
    run: (simulation, n) => cancel(simulation, nth(simulation.deliveries(), n) ?? ''),
  },
  rerun: {
    weight: 3,
    run: (simulation, n) => {
      simulation.referee.asks(...simulation.deliveries())
      return simulation.people.rerun(nth(simulation.events, n) ?? '')
    },
  },
  replay: {
    weight: 3,
    run: async (simulation, n) => {
      const known = simulation.deliveries()
      simulation.referee.asks(...known)
      const taken = await simulation.people.replay(webhookOf(simulation, n))
      // what was stored while it looked
      simulation.referee.asks(...taken.filter((id) => !known.includes(id)))
    },
  },
  'reset workflow': {
    weight: 3,
    run: (simulation, n) => {
      const { temporal, referee } = simulation
      const own = temporal.runs.filter((run) => run.type === 'deliverEvents')
      referee.asks(...simulation.deliveries())
      const workflow = nth(own, n)?.ids.workflow
      if (workflow) temporal.reset(workflow)
    },
  },
  'cancel workflow': {
    weight: 2,
    run: (simulation, n) => {
      const run = workflowOf(simulation, n)
      if (!run || run.type === 'rateLimit') return
      simulation.mayHaveOrphans = true
      run.cancel()
    },
  },
  'terminate workflow': {
    run: (simulation, n) => {
      const run = workflowOf(simulation, n)
      // of one that is terminated before it has stored its events nothing is left
      if (run?.hasBegun) run.terminate()
      if (run?.type === 'rateLimit') simulation.referee.fairness.turnOff()
      simulation.mayHaveOrphans = true
    },
  },
  kill: { weight: 2, run: (simulation, n) => simulation.trouble(n, (host) => host.kill()) },
  'stand still': {
    weight: 2,
    run: (simulation, n) =>
      simulation.trouble(n, (host) => host.standStill(simulation.world.between(100, 20_000))),
  },
  'stop host': { run: (simulation, n) => simulation.trouble(n, (host) => host.stop()) },
  'MongoDB is slow': { run: (simulation) => weather(simulation, 'slow') },
  'MongoDB fails': { weight: 2, run: (simulation) => weather(simulation, 'failing') },
  sweep: { run: (simulation) => simulation.sweep(simulation.world.nowMs) },
  'let time pass': { weight: 2, run: () => undefined },
}

function weather({ mongo, world, referee }: Simulation, what: 'slow' | 'failing'): void {
  const calmInMs = world.between(100, WEATHER_MS)
  referee.fairness.turnOff(world.nowMs + calmInMs + SETTLES_MS)
  mongo.weather = what
  world.later(calmInMs, () => (mongo.weather = 'calm'))
}

class Command implements fc.AsyncCommand<Model, Simulation> {
  private readonly what: string
  private readonly n: number
  private readonly waitMs: number

  constructor(what: string, n: number, waitMs: number) {
    this.what = what
    this.n = n
    this.waitMs = waitMs
  }

  check(): boolean {
    return true
  }

  /** Begins it; it goes on while time passes for the commands after it. */
  async run(_model: Model, simulation: Simulation): Promise<void> {
    await simulation.world.run(this.waitMs)
    simulation.world.note(`command: ${this.what} ${this.n}`)
    const work = async () => await DEEDS[this.what]?.run(simulation, this.n)
    simulation.inBackground(work())
  }

  toString(): string {
    return `${this.waitMs} ms, ${this.what} ${this.n}`
  }
}

/** Commands, the likelier ones more often. */
export function commands(most: number, replayPath?: string) {
  const kinds = Object.entries(DEEDS).flatMap(([what, { weight = 1 }]) =>
    Array.from({ length: weight }, () => command(what)),
  )
  return fc.commands(kinds, {
    maxCommands: most,
    size: 'max',
    ...(replayPath && { replayPath }),
  })
}

function command(what: string) {
  return fc
    .tuple(fc.nat(11), fc.constantFrom(...WAITS_MS))
    .map(([n, waitMs]) => new Command(what, n, waitMs))
}

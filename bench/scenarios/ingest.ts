import { measure } from '../measure/measure.ts'
import { type Figures, numberOf, type Row, rowOf } from '../measure/figures.ts'
import { type Bed, type Run, type Scenario, withSystem } from '../run.ts'
import { startForwarder } from '../systems/forwarder.ts'
import { startNoOps } from '../systems/no-op.ts'

const CONNECTIONS = [16, 64, 256]
/** Of the yardsticks, which need no time to settle. */
const WARM_UP_CONNECTIONS = 64
const YARDSTICK_MOST_SECONDS = 5

/** How fast events go through, against the least that this machine can do in the same round. */
export const ingest: Scenario = {
  says: 'Closed loop: each connection posts its next event once the last one is answered. One webhook with concurrency 256. Beside it, in the same rounds, a bare forwarder (takes, signs, sends, keeps nothing) and one workflow per event that does nothing.',
  measure: (run) => withSystem(run, 'bench.ingest', (bed) => measureBeside(bed, run)),
}

type Yardsticks = {
  forward: (connections: number) => Promise<Figures>
  noOp: ((connections: number) => Promise<Figures>) | undefined
}

async function measureBeside(bed: Bed, run: Run): Promise<Row[]> {
  const { stack, load } = bed
  const forwarder = await startForwarder(load.hookUrl())
  const noOps = stack && (await startNoOps(stack.temporalAddress, () => temporalOf(stack)))
  const yardstickSeconds = Math.min(run.seconds, YARDSTICK_MOST_SECONDS)
  const yardsticks: Yardsticks = {
    forward: async (connections) => {
      const pace = closed(connections, yardstickSeconds)
      const { figures } = await measure({
        system: forwarder.system,
        load,
        type: 'bench.ingest',
        pace,
      })
      return figures
    },
    noOp: noOps && ((connections) => noOps.measure(connections, yardstickSeconds)),
  }
  try {
    // both run compiled code when they are measured
    await yardsticks.forward(WARM_UP_CONNECTIONS)
    await yardsticks.noOp?.(WARM_UP_CONNECTIONS)
    return await measureRounds(bed, run, yardsticks)
  } finally {
    await Promise.all([forwarder.stop(), noOps?.stop()])
  }
}

async function measureRounds(
  { system, load }: Bed,
  { rounds, seconds }: Run,
  { forward, noOp }: Yardsticks,
): Promise<Row[]> {
  const found = new Map<string, Figures[]>()
  const note = (name: string, figures: Figures) =>
    found.set(name, [...(found.get(name) ?? []), figures])
  for (let round = 0; round < rounds; round++)
    for (const connections of CONNECTIONS) {
      const forwarded = await forward(connections)
      const started = await noOp?.(connections)
      const pace = closed(connections, seconds)
      const { figures } = await measure({ system, load, type: 'bench.ingest', pace })
      const against = (other: Figures) =>
        numberOf(figures, 'delivered/s') / numberOf(other, 'delivered/s')
      note(`${system.name}, ${connections} connections`, {
        ...figures,
        '× forwarder': against(forwarded),
        ...(started && { '× no-op workflow': against(started) }),
      })
      note(`bare forwarder, ${connections} connections`, forwarded)
      if (started) note(`no-op workflow, ${connections} loops`, started)
    }
  return [...found].map(([name, figures]) => rowOf(name, figures))
}

function closed(connections: number, seconds: number) {
  return { kind: 'closed', connections, seconds } as const
}

function temporalOf(stack: NonNullable<Bed['stack']>) {
  return { temporal: stack.processes().temporal }
}

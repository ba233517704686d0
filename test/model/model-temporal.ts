import { setTimeout as sleep } from 'node:timers/promises'
import { type LaneInput, LANE_SIGNAL } from '../../src/delivery/contract.ts'
import type { TaskQueue } from './activity-task.ts'
import { RunningWorkflow, type WorkflowType } from './running-workflow.ts'
import { ContinueAsNew } from './workflow-runtime.ts'
import { currentHost, type World } from './world.ts'

type Start = {
  workflow: string
  type: WorkflowType
  args: readonly unknown[]
  /** One that has ended runs again, or never. */
  reuse: 'again' | 'never'
}

const CALL_MS = 20
/** As temporal/wake.ts has it. */
const WAKEABLE = ['deliver', 'deliverShare', 'awaitLanes', 'awaitResume']
const WAKE_TRIES = 5
const WAKE_PAUSE_MS = 400

/** Temporal's part, as much of it as herald uses: workflows by id and run, reset, terminated, cancelled, signalled. */
export class ModelTemporal {
  readonly runs: RunningWorkflow[] = []
  /** Called as a workflow ends, however it does. */
  ended: (run: RunningWorkflow, error: unknown) => void = () => undefined
  readonly world: World
  readonly queue: TaskQueue

  constructor(world: World, queue: TaskQueue) {
    this.world = world
    this.queue = queue
  }

  /** Starts a workflow, unless one of this id runs, or has run and is not to run again. */
  start({ workflow, type, args, reuse }: Start): void {
    const last = this.latest(workflow)
    if (last && (last.status === 'RUNNING' || reuse === 'never')) return
    this.begin({ workflow, type, args })
  }

  latest(workflow: string): RunningWorkflow | undefined {
    return this.runs.findLast((run) => run.ids.workflow === workflow)
  }

  running(): RunningWorkflow[] {
    return this.runs.filter((run) => run.status === 'RUNNING')
  }

  isRunning({ workflow, run }: { workflow: string; run?: string }): boolean {
    return this.running().some(
      ({ ids }) => ids.workflow === workflow && (run === undefined || ids.run === run),
    )
  }

  /** Another run of it from the first task on; the one that runs ends. */
  reset(workflow: string): void {
    const last = this.latest(workflow)
    if (!last || !this.runs.some((run) => run.ids.workflow === workflow && run.hasBegun)) return
    last.terminate()
    const { type, args, ids } = last
    this.begin({ workflow, type, args }, ids.firstRun)
  }

  signalLane(lane: LaneInput, signal: keyof typeof LANE_SIGNAL): void {
    const workflow = `rate-limit/${lane.tenant}/${lane.webhook}`
    this.start({ workflow, type: 'rateLimit', args: [lane], reuse: 'again' })
    this.latest(workflow)?.signal(LANE_SIGNAL[signal])
  }

  /** Runs what waits in a workflow now, as temporal/wake.ts does. */
  async wake(workflow: string): Promise<void> {
    for (let tries = 0; tries < WAKE_TRIES; tries++) {
      const isBusy = await this.call(() => this.wakeWaiting(workflow))
      if (!isBusy) return
      await sleep(WAKE_PAUSE_MS)
    }
  }

  /** A call of a process: it takes a while, and its answer comes when the process can hear it. */
  call<T>(run: () => T): Promise<T> {
    const host = currentHost.getStore()
    return this.world.step(this.world.between(0, CALL_MS), run, host)
  }

  private wakeWaiting(workflow: string): boolean {
    const tasks = [...(this.latest(workflow)?.tasks ?? [])].filter(
      ({ call, state }) => WAKEABLE.includes(call.name) && state !== 'over',
    )
    const waiting = tasks.filter((task) => task.state === 'waiting')
    for (const task of waiting) task.wake()
    return waiting.length < tasks.length
  }

  private begin(
    { workflow, type, args }: Omit<Start, 'reuse'>,
    firstRun = `run-${this.runs.length}`,
  ): void {
    const ids = { workflow, run: `run-${this.runs.length}`, firstRun }
    const run = new RunningWorkflow(this, { ids, type, args })
    this.runs.push(run)
    run.begin((error) => {
      this.ended(run, error)
      if (error instanceof ContinueAsNew) this.begin({ workflow, type, args: error.args }, firstRun)
    })
  }
}

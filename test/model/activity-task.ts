import {
  ActivityCancellationDetails,
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ensureApplicationFailure,
  RetryState,
  TimeoutFailure,
  type TimeoutType,
} from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { durationMs } from '../../src/delivery/duration.ts'
import type { HeraldHost } from './herald-host.ts'
import type { WorkflowIds } from './running-workflow.ts'
import type { ActivityOptions } from './workflow-runtime.ts'
import { currentHost, type World } from './world.ts'

export type ActivityCall = {
  name: string
  args: unknown[]
  options: ActivityOptions
  isLocal: boolean
  isCancellable: boolean
}
/** Gives a process that takes tasks, if there is one. */
export type TaskQueue = { worker: () => HeraldHost | undefined }
type Settle = { resolve: (value: unknown) => void; reject: (error: Error) => void }
type Attempt = { environment: MockActivityEnvironment; host: HeraldHost; startedMs: number }
type Context = {
  world: World
  queue: TaskQueue
  ids: WorkflowIds
  sticky: { host?: HeraldHost }
}

const NO_WORKER_MS = 200
/** A local activity begins anew when the workflow task that it was part of has timed out. */
const WORKFLOW_TASK_MS = 10_000
/** Who heartbeats learns of a cancellation after this at most. */
const HEARTBEATS_MS = 3_000
const logger = new DefaultLogger('ERROR')

/** An activity of a workflow as Temporal keeps it: it is begun, and begun again, until it has ended. */
export class ActivityTask {
  readonly call: ActivityCall
  state: 'waiting' | 'running' | 'over' = 'waiting'
  private readonly context: Context
  private readonly settle: Settle
  private scheduledMs: number
  private attempts = 0
  private isCancelled = false
  private current: Attempt | undefined
  private callOff = () => {}

  constructor(context: Context, call: ActivityCall, settle: Settle) {
    this.context = context
    this.call = call
    this.settle = settle
    this.scheduledMs = context.world.nowMs
  }

  begin(): void {
    this.schedule(this.context.world.between(0, 10))
  }

  /** A task that waits for its next attempt gets it now. */
  wake(): void {
    if (this.state !== 'waiting') return
    this.attempts = 0
    this.callOff()
    this.begin()
  }

  /** Whoever waits for it hears of the cancellation at once, or when the activity has ended, as its type says. */
  cancel(): void {
    this.isCancelled = true
    const { cancellationType } = this.call.options
    const waits = cancellationType === ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
    if (this.current) this.tellOfCancellation(this.current)
    if (!waits || this.state === 'waiting') this.fail(new CancelledFailure('Activity cancelled'))
  }

  /** Its workflow is gone; a process that runs it hears so with its next heartbeat. */
  drop(): void {
    this.state = 'over'
    this.callOff()
    if (this.current) this.tellOfCancellation(this.current)
  }

  /** Another workflow task asks for it, and knows nothing of this one. */
  private askAnew(): void {
    this.attempts = 0
    this.scheduledMs = this.context.world.nowMs
    this.schedule(0)
  }

  private schedule(ms: number): void {
    this.state = 'waiting'
    this.callOff = this.context.world.later(ms, () => this.start())
  }

  /** That of the local activities before it, as long as it lives. */
  private localHost(): HeraldHost | undefined {
    const { queue, sticky } = this.context
    if (sticky.host?.state !== 'alive') {
      const host = queue.worker()
      if (!host) return undefined
      sticky.host = host
    }
    return sticky.host
  }

  private start(): void {
    const { world, queue, ids } = this.context
    const host = this.call.isLocal ? this.localHost() : queue.worker()
    if (!host) return this.schedule(NO_WORKER_MS)
    const { name, args } = this.call
    this.attempts += 1
    this.state = 'running'
    const environment = new MockActivityEnvironment(this.info(), { logger })
    const attempt = { environment, host, startedMs: world.nowMs }
    this.current = attempt
    const report = (then: () => void) =>
      world.later(
        world.between(0, 5),
        () => {
          if (this.current === attempt && this.state === 'running') then()
        },
        host,
      )
    const activity = host.activity(name)
    const run = () => environment.run(activity, ...(copied(args) as unknown[]))
    world.note(`${host.name} begins ${name} of ${ids.workflow}`)
    const begin = () =>
      currentHost.run(host, run).then(
        (value) => void report(() => this.complete(value)),
        (error: unknown) => void report(() => this.failed(attempt, error)),
      )
    // a process that stands still may have asked for it before
    world.later(0, () => void begin(), host)
    this.watch(attempt)
  }

  private info() {
    const { workflow: workflowId, run: runId } = this.context.ids
    return {
      attempt: this.attempts,
      activityType: this.call.name,
      isLocal: this.call.isLocal,
      workflowExecution: { workflowId, runId },
      scheduledTimestampMs: this.scheduledMs,
    }
  }

  /** What lasts too long, or whose process says nothing any more, is given up. */
  private watch(attempt: Attempt): void {
    const { isLocal, options } = this.call
    const { startToCloseTimeout = WORKFLOW_TASK_MS, heartbeatTimeout } = options
    const givenUp = (type: TimeoutType) => {
      if (this.current === attempt && this.state === 'running') this.timedOut(attempt, type)
    }
    const { world } = this.context
    world.later(msOf(startToCloseTimeout), () => givenUp('START_TO_CLOSE'))
    const silenceMs = isLocal ? WORKFLOW_TASK_MS : heartbeatTimeout && msOf(heartbeatTimeout)
    if (silenceMs) attempt.host.whenSilent(silenceMs, () => givenUp('HEARTBEAT'))
  }

  private timedOut(attempt: Attempt, type: TimeoutType): void {
    const { world, ids } = this.context
    world.note(
      `${this.call.name} of ${ids.workflow} on ${attempt.host.name} has timed out: ${type}`,
    )
    this.current = undefined
    this.tellOfCancellation(attempt)
    if (this.call.isLocal) return this.askAnew()
    const failure = new TimeoutFailure(`${type} timeout`, undefined, type)
    const name = type === 'HEARTBEAT' ? 'Heartbeat' : 'StartToClose'
    const isFinal = this.call.options.retry?.nonRetryableErrorTypes?.includes(
      `TemporalTimeout:${name}`,
    )
    this.again(failure, { isFinal: isFinal ?? false })
  }

  private complete(value: unknown): void {
    this.state = 'over'
    this.settle.resolve(copied(value))
  }

  private failed({ environment }: Attempt, error: unknown): void {
    const { aborted } = environment.context.cancellationSignal
    const isCancellation =
      error instanceof CancelledFailure || (error instanceof Error && error.name === 'AbortError')
    if (aborted && isCancellation && this.isCancelled)
      return this.fail(new CancelledFailure('Activity cancelled'))
    const failure = ensureApplicationFailure(error)
    this.context.world.note(`${this.call.name} of ${this.context.ids.workflow}: ${failure.message}`)
    this.again(failure, { isFinal: failure.nonRetryable ?? false })
  }

  /** Waits for the next attempt, if there is to be one. */
  private again(failure: ApplicationFailure | TimeoutFailure, { isFinal }: { isFinal: boolean }) {
    const { retry = {} } = this.call.options
    const isUsedUp = retry.maximumAttempts ? this.attempts >= retry.maximumAttempts : false
    const isOver = isFinal || isUsedUp
    // Temporal's server gives the failure; the SDK, which waits for a local one itself, calls the wait off
    if (!isOver && this.isCancelled && this.call.isLocal)
      return this.fail(new CancelledFailure('Activity cancelled'))
    if (isOver || this.isCancelled) return this.fail(failure)
    this.current = undefined
    const firstMs = msOf(retry.initialInterval ?? '1s')
    const mostMs = retry.maximumInterval === undefined ? firstMs * 100 : msOf(retry.maximumInterval)
    const backoffMs = Math.min(
      firstMs * (retry.backoffCoefficient ?? 2) ** (this.attempts - 1),
      mostMs,
    )
    const asked = failure instanceof ApplicationFailure ? failure.nextRetryDelay : undefined
    this.schedule(asked === undefined || asked === null ? backoffMs : msOf(asked))
  }

  private fail(cause: Error): void {
    this.state = 'over'
    this.callOff()
    const { name } = this.call
    this.settle.reject(
      new ActivityFailure(
        'Activity task failed',
        name,
        '1',
        RetryState.NON_RETRYABLE_FAILURE,
        'model',
        cause,
      ),
    )
  }

  private tellOfCancellation({ environment, host }: Attempt): void {
    const { world } = this.context
    const details = new ActivityCancellationDetails({ cancelRequested: true })
    world.later(
      world.between(0, HEARTBEATS_MS),
      () => environment.cancel('CANCELLED', details),
      host,
    )
  }
}

function msOf(time: string | number): number {
  return typeof time === 'number' ? time : durationMs(time)
}

/** As it comes out of Temporal's data converter. */
function copied(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}

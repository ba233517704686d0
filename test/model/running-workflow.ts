import { CancelledFailure } from '@temporalio/common'
import * as workflows from '../../src/workflows/index.ts'
import { type ActivityCall, ActivityTask, type TaskQueue } from './activity-task.ts'
import type { HeraldHost } from './herald-host.ts'
import { ContinueAsNew, isCancellation, runWorkflow } from './workflow-runtime.ts'
import type { World } from './world.ts'

export type WorkflowType = keyof typeof workflows

const WORKFLOWS: Readonly<typeof workflows> = { ...workflows }
export type WorkflowStatus =
  'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED' | 'CONTINUED_AS_NEW'
export type WorkflowIds = { workflow: string; run: string; firstRun: string }

/** One run of a workflow: the real function of it, on activities and signals that the model's Temporal brings. */
export class RunningWorkflow {
  status: WorkflowStatus = 'RUNNING'
  isCancelled = false
  private hasResults = false
  /** The process that runs its local activities: all those of a task run in one. */
  private readonly sticky: { host?: HeraldHost } = {}
  readonly ids: WorkflowIds
  readonly type: WorkflowType
  readonly args: readonly unknown[]
  readonly tasks = new Set<ActivityTask>()
  private readonly world: World
  private readonly queue: TaskQueue
  private readonly handlers = new Map<string, () => void>()
  private readonly conditions = new Set<{ look: () => void; cancel: () => void }>()

  constructor(
    { world, queue }: { world: World; queue: TaskQueue },
    { ids, type, args }: { ids: WorkflowIds; type: WorkflowType; args: readonly unknown[] },
  ) {
    this.world = world
    this.queue = queue
    this.ids = ids
    this.type = type
    this.args = args
  }

  begin(ended: (error?: unknown) => void): void {
    this.world.note(`workflow ${this.ids.workflow} (${this.ids.run}) begins`)
    const run = WORKFLOWS[this.type] as (...args: unknown[]) => Promise<unknown>
    const close = (status: WorkflowStatus, error?: unknown) => {
      if (this.status !== 'RUNNING') return
      this.status = status
      this.world.note(
        `workflow ${this.ids.workflow} (${this.ids.run}) is ${status} ${error instanceof Error ? error.message : ''}`,
      )
      ended(error)
    }
    runWorkflow(this, () => run(...this.args)).then(
      () => close('COMPLETED'),
      (error: unknown) => {
        if (error instanceof ContinueAsNew) close('CONTINUED_AS_NEW', error)
        else close(isCancellation(error) ? 'CANCELLED' : 'FAILED', error)
      },
    )
  }

  /** An activity of it; what has ended or is terminated waits for ever. */
  activity(call: ActivityCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.status !== 'RUNNING') return
      // the result is the workflow's with its next task
      const later = (then: () => void) => void this.world.later(this.world.between(0, 5), then)
      const { world, queue, ids, sticky } = this
      const task = new ActivityTask({ world, queue, ids, sticky }, call, {
        resolve: (value) => later(() => this.settled(task, () => resolve(value))),
        reject: (error) => later(() => this.settled(task, () => reject(error))),
      })
      this.tasks.add(task)
      task.begin()
    })
  }

  private settled(task: ActivityTask, then: () => void): void {
    this.tasks.delete(task)
    this.hasResults = true
    if (this.status === 'RUNNING') then()
  }

  /** Its first task is over: before that there is nothing to reset it to. */
  get hasBegun(): boolean {
    return this.hasResults && ![...this.tasks].some((task) => task.call.isLocal)
  }

  info() {
    const { workflow: workflowId, run: runId, firstRun: firstExecutionRunId } = this.ids
    return { workflowId, runId, firstExecutionRunId, continueAsNewSuggested: false }
  }

  handle(name: string, handler: () => void): void {
    this.handlers.set(name, handler)
  }

  signal(name: string): void {
    this.handlers.get(name)?.()
    for (const one of this.conditions) one.look()
  }

  /** True when it is true; false after this time. */
  condition(isTrue: () => boolean, ms = Infinity): Promise<boolean> {
    if (isTrue()) return Promise.resolve(true)
    return new Promise((resolve, reject) => {
      const over = (then: () => void) => {
        this.conditions.delete(one)
        stop()
        if (this.status === 'RUNNING') then()
      }
      const stop =
        ms === Infinity ? () => {} : this.world.later(ms, () => over(() => resolve(false)))
      const one = {
        look: () => isTrue() && over(() => resolve(true)),
        cancel: () => over(() => reject(new CancelledFailure('Workflow cancelled'))),
      }
      this.conditions.add(one)
    })
  }

  cancel(): void {
    if (this.status !== 'RUNNING' || this.isCancelled) return
    this.world.note(`workflow ${this.ids.workflow} is to be cancelled`)
    this.isCancelled = true
    for (const one of this.conditions) one.cancel()
    for (const task of this.tasks) if (task.call.isCancellable) task.cancel()
  }

  terminate(): void {
    if (this.status !== 'RUNNING') return
    this.world.note(`workflow ${this.ids.workflow} is terminated`)
    this.status = 'TERMINATED'
    for (const task of this.tasks) task.drop()
  }
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { ActivityFailure, CancelledFailure } from '@temporalio/common'
import type { RunningWorkflow } from './running-workflow.ts'

// What workflows import from @temporalio/workflow, played by the model; the classes of failures are the real ones.
export {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
} from '@temporalio/common'

/** How an activity is to be run, as much as the model heeds. */
export type ActivityOptions = {
  startToCloseTimeout?: string | number
  heartbeatTimeout?: string | number
  cancellationType?: string
  retry?: {
    initialInterval?: string | number
    backoffCoefficient?: number
    maximumInterval?: string | number
    maximumAttempts?: number
    nonRetryableErrorTypes?: string[]
  }
}
type Scope = { workflow: RunningWorkflow; isCancellable: boolean }
type Signal = { name: string }

const scopes = new AsyncLocalStorage<Scope>()

function current(): Scope {
  const scope = scopes.getStore()
  if (!scope) throw new Error('this runs in no workflow')
  return scope
}

/** Thrown by a workflow that goes on as a new run. */
export class ContinueAsNew extends Error {
  readonly args: unknown[]

  constructor(args: unknown[]) {
    super('continues as new')
    this.args = args
  }
}

/** Runs a workflow's function as that of this workflow. */
export function runWorkflow<T>(workflow: RunningWorkflow, run: () => Promise<T>): Promise<T> {
  return scopes.run({ workflow, isCancellable: true }, run)
}

function proxied(options: ActivityOptions, isLocal: boolean): unknown {
  const call = (name: string, args: unknown[]) => {
    const { workflow, isCancellable } = current()
    if (isCancellable && workflow.isCancelled)
      return Promise.reject(new CancelledFailure('Workflow cancelled'))
    return workflow.activity({ name, args, options, isLocal, isCancellable })
  }
  return new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          call(String(name), args),
    },
  )
}

export const proxyActivities = (options: ActivityOptions) => proxied(options, false)
export const proxyLocalActivities = (options: ActivityOptions) => proxied(options, true)
export const workflowInfo = () => current().workflow.info()
export const defineSignal = (name: string): Signal => ({ name })
export const defineQuery = (name: string): Signal => ({ name })
export const setHandler = ({ name }: Signal, handler: () => void) =>
  current().workflow.handle(name, handler)
export const condition = (isTrue: () => boolean, ms?: number) =>
  current().workflow.condition(isTrue, ms)
export const continueAsNew = (...args: unknown[]) => Promise.reject(new ContinueAsNew(args))
export const patched = () => true
export const setCurrentDetails = () => undefined
export const upsertSearchAttributes = () => undefined

export const CancellationScope = {
  nonCancellable: <T>(run: () => Promise<T>): Promise<T> =>
    scopes.run({ workflow: current().workflow, isCancellable: false }, run),
  current: () => {
    const { workflow, isCancellable } = current()
    return { consideredCancelled: isCancellable && workflow.isCancelled }
  },
}

export function isCancellation(error: unknown): boolean {
  if (error instanceof CancelledFailure) return true
  return error instanceof ActivityFailure && error.cause instanceof CancelledFailure
}

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkerOptions } from '@temporalio/worker'
import { createActivities } from './activities/index.ts'
import { deliveryUrl } from './outbound/delivery-url.ts'
import { createPoster } from './outbound/post.ts'
import type { HeraldRuntime } from './runtime.ts'

/** Longer than the longest attempt (30 s) and its recording, so that no open POST is cut by a stop. */
const SHUTDOWN_GRACE = '40s'
const SHUTDOWN_FORCE = '50s'

export type RunningWorker = {
  ready: () => boolean
  /** Rejects if the worker fails; resolves after `stop`. */
  ended: Promise<void>
  /** Begins no further attempt, waits for the open ones, then for their recording. */
  stop: () => Promise<void>
}

/** Starts the Temporal worker of this process. */
export async function startWorker(runtime: HeraldRuntime): Promise<RunningWorker> {
  const { config, logger, models, version, ingest, stopping, link, guard, metrics } = runtime
  const poster = createPoster({ guard, userAgent: `herald/${version}` })
  const activities = createActivities({
    models,
    poster,
    logger,
    metrics,
    version,
    now: Date.now,
    random: Math.random,
    stopping: stopping.signal,
    progress: ingest,
    deliveryUrl: (id) => deliveryUrl(config, id),
  })
  const worker = await Worker.create({
    ...workflowSource(config.WORKFLOW_BUNDLE),
    connection: link.connection,
    namespace: link.namespace,
    taskQueue: config.TASK_QUEUE,
    activities,
    maxConcurrentActivityTaskExecutions: 1_000,
    maxConcurrentLocalActivityExecutions: 200,
    maxConcurrentWorkflowTaskExecutions: 200,
    maxCachedWorkflows: 1_000,
    maxHeartbeatThrottleInterval: '3s',
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
  })
  const ended = worker.run()
  return {
    ready: () => worker.getState() === 'RUNNING',
    ended,
    async stop() {
      stopping.abort()
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await ended
      await poster.close()
    },
  }
}

function workflowSource(
  codePath: string | undefined,
): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  if (codePath) return { workflowBundle: { codePath } }
  const here = import.meta.url
  const file = `./workflows/index${path.extname(fileURLToPath(here))}`
  return { workflowsPath: fileURLToPath(new URL(file, here)) }
}

import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkerOptions } from '@temporalio/worker'
import { AttemptTally } from '../activities/health/attempt-tally.ts'
import { HealthWatch } from '../activities/health/watch.ts'
import { createActivities } from '../activities/index.ts'
import { type LaneInput, laneTaskQueue, type ReplayChunk } from '../delivery/contract.ts'
import { deliveryUrl } from '../outbound/address/delivery-url.ts'
import { parseEgressProxy } from '../outbound/connect/egress-proxy.ts'
import { createPoster } from '../outbound/post.ts'
import { type CarrierSweep, keepCarriers } from './carrier-sweep.ts'
import { keepRetention } from './retention.ts'
import { nowRunning } from '../running.ts'
import type { HeraldRuntime } from './runtime.ts'

/** Longer than the longest attempt (30 s) and its recording, so that no open POST is cut by a stop. */
const SHUTDOWN_GRACE = '40s'
const SHUTDOWN_FORCE = '50s'
/**
 * Never reached: to end workflow code in the middle of a step, as the SDK does after 5 s, ends the process where the step is one
 * of promises (node issue 38503, sdk-typescript issue 939), and a busy machine needs that long for a long history.
 */
const WORKFLOW_STEP_MAX = '1h'

export type RunningWorker = {
  ready: () => boolean
  /** Rejects if the worker fails; resolves after `stop`. */
  ended: Promise<void>
  /** Begins no further attempt, waits for the open ones, then for their recording. */
  stop: () => Promise<void>
}

/** Starts the Temporal worker of this process. */
export async function startWorker(runtime: HeraldRuntime): Promise<RunningWorker> {
  const { config, logger, models, version, ingest, stopping, guard } = runtime
  const proxy = config.EGRESS_PROXY_URL ? parseEgressProxy(config.EGRESS_PROXY_URL) : undefined
  const poster = createPoster({ guard, userAgent: `herald/${version}`, proxy })
  const health = new HealthWatch({
    models,
    logger,
    now: Date.now,
    accept: (events, deadlineAtMs) => ingest.accept(events, deadlineAtMs),
    stopping: stopping.signal,
  })
  const tally = new AttemptTally({ models, logger, now: Date.now })
  const activities = createActivities({ ...activityParts(runtime), health, tally, poster })
  const { first } = activities
  ingest.begin = ({ workflow, run, events, begunMs }) =>
    first.begin({ workflow, events, reset: false }, { workflow, run }, begunMs)
  const workers = await createWorkers(runtime, activities)
  const ended = Promise.all(workers.map((worker) => worker.run())).then(() => undefined)
  health.start()
  const sweeps = [keepRetention(runtime), keepCarriers(carrierSweep(runtime))]
  return {
    ready: () => workers.every((worker) => worker.getState() === 'RUNNING'),
    ended,
    async stop() {
      stopping.abort()
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
      await ended
      await first.ended()
      await poster.close()
      await tally.ended()
      await Promise.all(sweeps)
    },
  }
}

/** What activities need of this process. */
function activityParts(runtime: HeraldRuntime) {
  const { config, stopping, gateway, ingest, replays } = runtime
  return {
    ...runtime,
    now: Date.now,
    random: Math.random,
    stopping: stopping.signal,
    progress: ingest,
    backlogMax: config.BACKLOG_MAX,
    isRunning: (carrier: { workflow: string; run?: string }) => gateway.isRunning(carrier),
    wakeWorkflow: (workflow: string) => gateway.wake([workflow]),
    signalLane: (lane: LaneInput) => gateway.signalLane(lane, 'held'),
    capLimits: {
      perOrigin: config.OUTBOUND_ORIGIN_CONCURRENCY,
      perTenant: config.OUTBOUND_TENANT_CONCURRENCY,
    },
    startChunk: (chunk: ReplayChunk) => replays.startChunk(chunk),
    deliveryUrl: (id: string) => deliveryUrl(config, id),
  }
}

function carrierSweep(runtime: HeraldRuntime): CarrierSweep {
  const { gateway, replays, stopping } = runtime
  return {
    ...runtime,
    stopping: stopping.signal,
    isRunning: (carrier) => gateway.isRunning(carrier),
    signalLane: (lane) => gateway.signalLane(lane, 'held'),
    adopt: (tenant, deliveries) => replays.adopt(tenant, deliveries),
  }
}

/** The same activities; the watchdog hears which one began. */
function noted<Some extends object>(activities: Some): Some {
  const entries = Object.entries(activities) as [string, (...given: unknown[]) => unknown][]
  const all = entries.map(([name, run]) => [
    name,
    (...given: unknown[]) => {
      nowRunning(`activity ${name}`)
      return run(...given)
    },
  ])
  return Object.fromEntries(all) as Some
}

/** One worker for events, and one for lanes, which a burst of events must not starve. */
async function createWorkers(
  runtime: HeraldRuntime,
  activities: ReturnType<typeof createActivities>,
): Promise<Worker[]> {
  const { config } = runtime
  return await Promise.all([
    Worker.create({
      ...commonOptions(runtime),
      taskQueue: config.TASK_QUEUE,
      activities: noted(activities.events),
      // those that wait for room are among them (activities/deliver/caps.ts)
      maxConcurrentActivityTaskExecutions: 4_000,
      maxConcurrentLocalActivityExecutions: 200,
      maxConcurrentWorkflowTaskExecutions: 200,
      maxCachedWorkflows: 1_000,
      maxHeartbeatThrottleInterval: '3s',
      stickyQueueScheduleToStartTimeout: '2s',
    }),
    Worker.create({
      ...commonOptions(runtime),
      taskQueue: laneTaskQueue(config.TASK_QUEUE),
      activities: noted(activities.lanes),
      maxConcurrentActivityTaskExecutions: 2_000,
      maxConcurrentWorkflowTaskExecutions: 100,
      maxCachedWorkflows: 500,
      maxHeartbeatThrottleInterval: '500ms',
      // a lane whose worker was killed is not to wait for it
      stickyQueueScheduleToStartTimeout: '1s',
    }),
  ])
}

function commonOptions({ config, link, codec }: HeraldRuntime) {
  return {
    dataConverter: { payloadCodecs: [codec] },
    ...workflowSource(config.WORKFLOW_BUNDLE),
    connection: link.connection,
    namespace: link.namespace,
    isolateExecutionTimeout: WORKFLOW_STEP_MAX,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
  }
}

/** A bundle that is named, or that the build made; else the worker bundles the sources. */
function workflowSource(
  named: string | undefined,
): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const here = import.meta.url
  const built = fileURLToPath(new URL('../workflow-bundle.js', here))
  const codePath = named ?? (existsSync(built) ? built : undefined)
  if (codePath) return { workflowBundle: { codePath } }
  const file = `../workflows/index${path.extname(fileURLToPath(here))}`
  return { workflowsPath: fileURLToPath(new URL(file, here)) }
}

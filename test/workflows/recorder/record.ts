import { randomUUID } from 'node:crypto'
import { Context } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker, type WorkflowBundle } from '@temporalio/worker'
import { SEARCH_ATTRIBUTE_TYPES } from '../../../src/delivery/search-attributes.ts'
import { until } from '../../support/until.ts'
import type { WorkflowName } from '../paths.ts'
import type { History } from '../story.ts'
import type { Run, Scenario } from './scenario.ts'
import { ACTIVITIES, Stage } from './stage.ts'

export type Named = Scenario & { workflow: WorkflowName; name: string }
type Setting = {
  cli: string
  suggestAt: number | undefined
  bundles: { normal: WorkflowBundle; short: WorkflowBundle }
}
type Recorded = (one: Named, history: History) => Promise<void>

const AT_ONCE = 6
const TYPES = {
  Keyword: SearchAttributeType.KEYWORD,
  KeywordList: SearchAttributeType.KEYWORD_LIST,
}

/**
 * Runs these on a Temporal of their own, with real workers and scripted activities, and hands over each one's history.
 * Throws AggregateError where some did not go as their scenarios say; the others are handed over all the same.
 */
export async function recordOn(
  { cli, suggestAt, bundles }: Setting,
  scenarios: Named[],
  recorded: Recorded,
): Promise<void> {
  const temporal = await startTemporal(cli, suggestAt)
  const stages = new Map(scenarios.map((one) => [one.name, new Stage(one.script)]))
  try {
    const workers = await startWorkers(temporal, bundles, stages)
    const ended = Promise.all(workers.map((worker) => worker.run()))
    const queue = [...scenarios]
    const failures: unknown[] = []
    const recordNext = async (one: Named) =>
      await recorded(one, await historyOf(one, { temporal, stages }))
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let one = queue.shift(); one; one = queue.shift())
          await recordNext(one).catch((error: unknown) => failures.push(error))
      }),
    )
    for (const worker of workers) worker.shutdown()
    await ended
    if (failures.length > 0) throw new AggregateError(failures, 'not all were recorded')
  } finally {
    await temporal.teardown()
  }
}

/** One for the code as it is, one for that with short waits; each on the task queue of this name. */
function startWorkers(
  { nativeConnection: connection }: TestWorkflowEnvironment,
  bundles: Setting['bundles'],
  stages: ReadonlyMap<string, Stage>,
): Promise<Worker[]> {
  return Promise.all(
    (['normal', 'short'] as const).map((taskQueue) =>
      Worker.create({
        connection,
        taskQueue,
        workflowBundle: bundles[taskQueue],
        activities: scriptedActivities(stages),
        identity: 'recorder',
        maxHeartbeatThrottleInterval: '100ms',
        defaultHeartbeatThrottleInterval: '100ms',
      }),
    ),
  )
}

function startTemporal(
  cli: string,
  suggestAt: number | undefined,
): Promise<TestWorkflowEnvironment> {
  const setting = `limit.historyCount.suggestContinueAsNew=${suggestAt}`
  return TestWorkflowEnvironment.createLocal({
    client: { identity: 'recorder' },
    server: {
      executable: { type: 'existing-path', path: cli },
      ip: '127.0.0.1',
      extraArgs: suggestAt === undefined ? [] : ['--dynamic-config-value', setting],
      searchAttributes: Object.entries(SEARCH_ATTRIBUTE_TYPES).map(([name, type]) =>
        defineSearchAttributeKey(name, TYPES[type]),
      ),
    },
  })
}

function scriptedActivities(stages: ReadonlyMap<string, Stage>) {
  return Object.fromEntries(
    ACTIVITIES.map((name) => [
      name,
      (input: unknown) =>
        stages.get(Context.current().info.workflowExecution?.workflowId ?? '')?.play(name, input),
    ]),
  )
}

type Scene = { temporal: TestWorkflowEnvironment; stages: ReadonlyMap<string, Stage> }

async function historyOf(one: Named, { temporal, stages }: Scene): Promise<History> {
  const { client } = temporal
  const taskQueue = one.shortWaits ? 'short' : 'normal'
  const started = await client.workflow.start(one.workflow, {
    workflowId: one.name,
    taskQueue,
    args: [one.input],
    // long enough to cancel it before its first task
    ...(one.cancelledAtOnce ? { startDelay: '1s' } : {}),
    ...(one.taskTimeout ? { workflowTaskTimeout: one.taskTimeout } : {}),
  })
  const shown = { handle: client.workflow.getHandle(one.name, started.firstExecutionRunId) }
  if (one.cancelledAtOnce) await shown.handle.cancel()
  const stage = stages.get(one.name)
  if (!stage) throw new Error(`no stage for ${one.name}`)
  try {
    await one.drive?.(runOf(one.name, { shown, stage, temporal }))
    const closed = async () => (await shown.handle.describe()).status.name !== 'RUNNING'
    await until(closed, { seconds: 60, what: `the end of ${one.name}` })
  } finally {
    stage.end()
  }
  const history = await historyIn(shown.handle)
  // a run that continued as new goes on, and nobody needs it
  await client.workflow
    .getHandle(one.name)
    .terminate()
    .catch(() => undefined)
  return history
}

type Shown = { handle: WorkflowHandle }
type Driven = { shown: Shown; stage: Stage; temporal: TestWorkflowEnvironment }

function runOf(name: string, { shown, stage, temporal }: Driven): Run {
  return {
    signal: (signal) => shown.handle.signal(signal),
    cancel: async () => void (await shown.handle.cancel()),
    query: async (query) => void (await shown.handle.query(query)),
    reset: async () => void (shown.handle = await resetRun(name, temporal)),
    open: (gate) => stage.open(gate),
    async begun(key, call = 1) {
      await until(() => stage.begunCount(key) >= call, { what: `${name}: ${key}` })
    },
    async recorded(type, count = 1) {
      const isThere = async () => {
        const { events } = await historyIn(shown.handle)
        return events.filter((one) => one.eventType === `EVENT_TYPE_${type}`).length >= count
      }
      await until(isThere, { what: `${name}: ${type}` })
    },
  }
}

async function resetRun(
  name: string,
  { client }: TestWorkflowEnvironment,
): Promise<WorkflowHandle> {
  const { events } = await historyIn(client.workflow.getHandle(name))
  const first = events.find((one) => one.eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED')
  if (!first) throw new Error(`${name} has no completed workflow task`)
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: name },
    reason: 'test',
    requestId: randomUUID(),
    // Temporal takes a number of 64 bits for a Long
    workflowTaskFinishEventId: first.eventId as never,
  })
  return client.workflow.getHandle(name, runId)
}

/** Server's book-keeping, which replay does not read, and what only says where this was recorded. */
const LEFT_OUT = new Set(['requestId', 'taskId', 'stackTrace'])

async function historyIn(handle: WorkflowHandle): Promise<History> {
  const text = historyToJSON(await handle.fetchHistory())
  const kept = (key: string, value: unknown) => (LEFT_OUT.has(key) ? undefined : value)
  return JSON.parse(text, kept) as History
}

import { setTimeout as sleep } from 'node:timers/promises'
import {
  Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client'
import type { PayloadCodec } from '@temporalio/common'
import type { Config } from '../config.ts'
import {
  LANE_SIGNAL,
  type LaneInput,
  laneTaskQueue,
  type DeliveryLabels,
  type RedeliverInput,
  type RerunRequest,
  type StartedRerun,
} from '../delivery/contract.ts'
import type { GroupStart, StartedWorkflow } from '../ingest/ingest.ts'
import { IngestUnavailable } from '../ingest/types.ts'
import type { TemporalLink } from './connect.ts'
import { linkTo, searchAttributesOf, summaryOf, TENANTS, WEBHOOK_IDS } from './labels.ts'
import { rerunEvent } from './rerun.ts'
import { ingestError } from './start-error.ts'
import { wakeActivities } from './wake.ts'
import type { deliverEvents, rateLimit, redeliver } from '../workflows/index.ts'

const CALL_MS = 3_000
const DESCRIBE_MS = 1_000
/** Nobody waits for it, and a thousand lanes may be woken at once. */
const LANE_CALL_MS = 20_000

/** Starts and describes workflows; the only door to them besides the worker. */
export class TemporalGateway {
  private readonly link: TemporalLink
  private readonly client: Client
  private readonly config: Config

  constructor(link: TemporalLink, config: Config, codec: PayloadCodec) {
    this.link = link
    const { connection, namespace } = link
    const dataConverter = { payloadCodecs: [codec] }
    this.client = new Client({ connection, namespace, dataConverter })
    this.config = config
  }

  /** Starts `deliverEvents` and waits for Temporal's answer. Throws IngestUnavailable at the deadline, EventTooLarge. */
  async startGroup(group: GroupStart): Promise<StartedWorkflow> {
    const { workflow, events, deadlineAtMs, again } = group
    const [first] = events
    const start = () =>
      this.client.workflow.start<typeof deliverEvents>('deliverEvents', {
        workflowId: workflow,
        taskQueue: this.config.TASK_QUEUE,
        args: [{ events }],
        requestEagerStart: true,
        workflowIdReusePolicy: again ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
        // what died with its process begins anew after this: its receivers wait for it
        workflowTaskTimeout: '3s',
        staticSummary: summaryOf(events),
        ...linkTo(this.config, first && events.length === 1 ? `/events/${first.id}` : '/events'),
        memo: events.length === 1 && first ? { hash: first.hash } : {},
        typedSearchAttributes: searchAttributesOf(events),
      })
    try {
      const handle = await this.within(deadlineAtMs, start)
      const { eagerlyStarted: here, firstExecutionRunId: run } = handle
      return { state: 'started', here, run }
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return this.existing(workflow)
      throw ingestError(error)
    }
  }

  /**
   * Starts `redeliver`; the same one asked for twice (`n` says which) is one. `of` is how it is found in Temporal Web. Throws
   * IngestUnavailable.
   */
  async redeliver(
    input: RedeliverInput,
    { n, of }: { n: string; of: DeliveryLabels },
  ): Promise<{ workflow: string }> {
    const workflow = `redeliver/${input.delivery}/${n}`
    try {
      await this.within(Date.now() + CALL_MS, () =>
        this.client.workflow.start<typeof redeliver>('redeliver', {
          workflowId: workflow,
          taskQueue: this.config.TASK_QUEUE,
          args: [input],
          // one that ended without an attempt (paused, stopped) may be asked for again
          workflowIdReusePolicy: input.round === 'now' ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
          staticSummary: `redelivery: ${summaryOf([of])}`,
          ...linkTo(this.config, `/deliveries/${input.delivery}`),
          typedSearchAttributes: searchAttributesOf([of], [of.webhook]),
        }),
      )
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw ingestError(error)
    }
    return { workflow }
  }

  /** Tells the lane of a rate-limited webhook that something is held or was changed; starts it if it is not there. */
  async signalLane(lane: LaneInput, signal: keyof typeof LANE_SIGNAL): Promise<void> {
    await this.within(Date.now() + LANE_CALL_MS, () =>
      this.client.workflow.signalWithStart<typeof rateLimit>('rateLimit', {
        workflowId: laneId(lane),
        taskQueue: laneTaskQueue(this.config.TASK_QUEUE),
        args: [lane],
        signal: LANE_SIGNAL[signal],
        workflowTaskTimeout: '5s',
        staticSummary: `lane of ${lane.name}`.slice(0, 100),
        ...linkTo(this.config, `/settings/webhooks/${lane.webhook}`),
        typedSearchAttributes: [
          { key: TENANTS, value: [lane.tenant] },
          { key: WEBHOOK_IDS, value: [lane.webhook] },
        ],
      }),
    )
  }

  /** Runs activities that wait for their next try in these workflows now. Best effort: throws nothing. */
  async wake(workflows: string[]): Promise<void> {
    const within = <T>(call: () => Promise<T>) => this.within(Date.now() + CALL_MS, call)
    const waking = workflows.map((id) =>
      wakeActivities({ ...this.link, client: this.client }, id, within),
    )
    await Promise.allSettled(waking)
  }

  /** Whether this run of a workflow goes on; without a run, whether any does. Throws IngestUnavailable. */
  async isRunning({ workflow, run }: { workflow: string; run?: string }): Promise<boolean> {
    try {
      const handle = this.client.workflow.getHandle(workflow, run)
      const described = await this.within(Date.now() + CALL_MS, () => handle.describe())
      return described.status.name === 'RUNNING'
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false
      throw ingestError(error)
    }
  }

  /** Sends what is undelivered of an event again; see rerunEvent. Throws IngestUnavailable. */
  async rerun(request: RerunRequest): Promise<StartedRerun> {
    const { webhooks, ...event } = request
    const options = {
      taskQueue: this.config.TASK_QUEUE,
      typedSearchAttributes: searchAttributesOf([event], webhooks),
      staticSummary: `rerun: ${summaryOf([event])}`,
      ...linkTo(this.config, `/events/${event.id}`),
    }
    try {
      return await this.within(Date.now() + CALL_MS, () =>
        rerunEvent(this.client, request, options),
      )
    } catch (error) {
      throw ingestError(error)
    }
  }

  /** Workflows of this installation that run since before this time: they may hold payloads of older keys. */
  async runningSince(before: Date): Promise<number> {
    const query = `ExecutionStatus="Running" AND TaskQueue="${this.config.TASK_QUEUE}" AND StartTime < "${before.toISOString()}"`
    const { count } = await this.client.workflow.count(query)
    return count
  }

  /** How many lanes of this installation have something to send. */
  async openLanes(): Promise<number> {
    const query = `WorkflowType="rateLimit" AND ExecutionStatus="Running" AND TaskQueue="${laneTaskQueue(this.config.TASK_QUEUE)}"`
    const { count } = await this.within(Date.now() + CALL_MS, () =>
      this.client.workflow.count(query),
    )
    return count
  }

  /** Whether the front end answers within a second. */
  async healthy(): Promise<boolean> {
    try {
      await this.within(Date.now() + 1_000, () =>
        this.link.connection.workflowService.getSystemInfo({}),
      )
      return true
    } catch {
      return false
    }
  }

  /** The workflow's page in Temporal Web, or null if TEMPORAL_UI_URL is not set. */
  workflowUrl(workflow: string): string | null {
    if (!this.config.TEMPORAL_UI_URL) return null
    const path = `/namespaces/${this.link.namespace}/workflows/${encodeURIComponent(workflow)}`
    return new URL(path, this.config.TEMPORAL_UI_URL).href
  }

  /** False only where Temporal says that none of this id runs. */
  async mayBeRunning(workflow: string): Promise<boolean> {
    return (await this.existing(workflow)).state === 'running'
  }

  /** Running, as far as is known. */
  private async existing(
    workflow: string,
  ): Promise<{ state: 'running' | 'ended'; hash: string | undefined }> {
    try {
      const { status, memo } = await this.within(Date.now() + DESCRIBE_MS, () =>
        this.client.workflow.getHandle(workflow).describe(),
      )
      const hash = memo?.['hash']
      return {
        state: status.name === 'RUNNING' ? 'running' : 'ended',
        hash: typeof hash === 'string' ? hash : undefined,
      }
    } catch (error) {
      const isGone = error instanceof WorkflowNotFoundError
      return { state: isGone ? 'ended' : 'running', hash: undefined }
    }
  }

  /** The deadline holds even where the connection's own does not. */
  private async within<T>(deadlineAtMs: number, call: () => Promise<T>): Promise<T> {
    const late = new AbortController()
    const timer = sleep(deadlineAtMs - Date.now(), undefined, { signal: late.signal }).then(() => {
      throw new IngestUnavailable('Temporal did not answer in time.')
    })
    timer.catch(() => undefined)
    try {
      return await Promise.race([this.link.connection.withDeadline(deadlineAtMs, call), timer])
    } finally {
      late.abort()
    }
  }
}

/** One lane a webhook: its workflow id. */
function laneId({ tenant, webhook }: LaneInput): string {
  return `rate-limit/${tenant}/${webhook}`
}

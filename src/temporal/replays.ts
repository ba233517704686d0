import { Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import {
  defineSearchAttributeKey,
  type PayloadCodec,
  SearchAttributeType,
} from '@temporalio/common'
import type { Config } from '../config.ts'
import {
  chunkWorkflow,
  REPLAY_CHANGED,
  type RedeliverInput,
  type ReplayChunk,
  type ReplayInput,
  replayWorkflow,
} from '../delivery/contract.ts'
import { newId } from '../ids.ts'
import type { TemporalLink } from './connect.ts'
import { linkTo } from './labels.ts'
import type { redeliverBatch, replay, rerun } from '../workflows/index.ts'

const CALL_MS = 3_000
const TENANTS = defineSearchAttributeKey('Tenants', SearchAttributeType.KEYWORD_LIST)

/** Starts the workflows of replays, and of deliveries that lost theirs. */
export class ReplayGateway {
  private readonly link: TemporalLink
  private readonly client: Client
  private readonly config: Pick<Config, 'TASK_QUEUE' | 'PUBLIC_URL'>

  constructor(
    link: TemporalLink,
    config: Pick<Config, 'TASK_QUEUE' | 'PUBLIC_URL'>,
    codec: PayloadCodec,
  ) {
    this.link = link
    const { connection, namespace } = link
    const dataConverter = { payloadCodecs: [codec] }
    this.client = new Client({ connection, namespace, dataConverter })
    this.config = config
  }

  /** Starts the workflow of a stored replay, or tells a running one that its state changed; none that has ended. */
  async wake(input: ReplayInput): Promise<void> {
    const id = replayWorkflow(input.replay)
    await this.once(() =>
      this.client.workflow.signalWithStart<typeof replay>('replay', {
        ...this.common(id, input.tenant),
        args: [input],
        signal: REPLAY_CHANGED,
        staticSummary: `replay ${input.replay}`,
        ...linkTo(this.config, `/replays/${input.replay}`),
      }),
    )
  }

  /** Starts `redeliverBatch` for a chunk, once however often it is asked. */
  async startChunk(chunk: ReplayChunk): Promise<void> {
    const id = chunkWorkflow(chunk)
    await this.once(() =>
      this.client.workflow.start<typeof redeliverBatch>('redeliverBatch', {
        ...this.common(id, chunk.tenant),
        args: [chunk],
        staticSummary: `chunk ${chunk.chunk} of page ${chunk.page}`,
        ...linkTo(this.config, `/replays/${chunk.replay}`),
      }),
    )
  }

  /** Starts a workflow that carries deliveries which nobody carries any more. */
  async adopt(tenant: string, deliveries: RedeliverInput[]): Promise<void> {
    const id = `adopt/${newId('grp', Date.now())}`
    await this.once(() =>
      this.client.workflow.start<typeof rerun>('rerun', {
        ...this.common(id, tenant),
        args: [{ deliveries, ownerRuns: false }],
        staticSummary: `${deliveries.length} deliveries that nobody carried`,
      }),
    )
  }

  private common(workflowId: string, tenant: string) {
    return {
      workflowId,
      taskQueue: this.config.TASK_QUEUE,
      workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
      typedSearchAttributes: [{ key: TENANTS, value: [tenant] }],
    }
  }

  private async once(start: () => Promise<unknown>): Promise<void> {
    try {
      await this.link.connection.withDeadline(Date.now() + CALL_MS, start)
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
  }
}

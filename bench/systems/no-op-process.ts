import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { preciseNow } from '../../src/clock.ts'
import { newRunPrefix } from '../load/event-id.ts'
import { answerParent } from '../load/parent.ts'
import { percentiles } from '../median.ts'
import type { noOp } from './no-op-workflow.ts'

const TASK_QUEUE = 'bench-no-op'
const POLL_MS = 100

export type NoOpQuestion =
  { kind: 'connect'; address: string } | { kind: 'run'; connections: number; seconds: number }
export type NoOpAnswer = { workflows: number; perSecond: number; startedMs: number[] }

let client: Client | undefined

/** Client and worker share one connection, as in herald, so that the server may hand a start's first task over at once. */
async function connect(address: string): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const connection = await NativeConnection.connect({ address })
  client = new Client({ connection })
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    maxConcurrentWorkflowTaskExecutions: 200, // as in herald
    workflowsPath: fileURLToPath(new URL('./no-op-workflow.ts', import.meta.url)),
  })
  worker.run().catch(() => process.exit(1))
}

/** Starts one workflow after another on each of so many loops; counts until the last one has ended. */
async function run(connections: number, seconds: number): Promise<NoOpAnswer> {
  if (!client) throw new Error('there is no connection to Temporal')
  const { workflow } = client
  const prefix = newRunPrefix()
  const begunAtMs = preciseNow()
  const tookMs: number[] = []
  const loop = async (index: number) => {
    for (let n = 0; preciseNow() < begunAtMs + seconds * 1_000; n++) {
      const id = `${prefix}${index}-${n}`
      const fromMs = preciseNow()
      await workflow.start<typeof noOp>('noOp', {
        workflowId: id,
        taskQueue: TASK_QUEUE,
        args: [{ id }],
        requestEagerStart: true,
      })
      tookMs.push(preciseNow() - fromMs)
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, index) => loop(index)))
  const query = `TaskQueue = '${TASK_QUEUE}' AND ExecutionStatus = 'Running'`
  while ((await workflow.count(query)).count > 0) await sleep(POLL_MS)
  const perSecond = (tookMs.length / (preciseNow() - begunAtMs)) * 1_000
  return { workflows: tookMs.length, perSecond, startedMs: percentiles(tookMs) }
}

answerParent(async (question: NoOpQuestion): Promise<NoOpAnswer | undefined> => {
  if (question.kind === 'run') return run(question.connections, question.seconds)
  await connect(question.address)
  return undefined
})

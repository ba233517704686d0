import { startProcess } from './child.ts'
import type { AnswerRule, LoadLog, LoadPlan, ReceiptLog } from './plan.ts'
import type { ReceiverQuestion } from './receiver.ts'

/** A generator and a receiver, each a process of its own. */
export type Load = {
  /** Where a webhook with this number sends to. */
  hookUrl: (hook?: number) => string
  processes: { generator: number; receiver: number }
  /** From now on the receiver notes this run; runs of a load do not overlap. */
  begin: (prefix: string, rule: AnswerRule) => Promise<void>
  run: (plan: LoadPlan) => Promise<LoadLog>
  delivered: () => Promise<number>
  receipts: () => Promise<ReceiptLog>
  stop: () => Promise<void>
}

/** Starts both; the receiver listens on loopback at this port, 0 for any. */
export async function startLoad(receiverPort = 0): Promise<Load> {
  const generator = startProcess<LoadPlan>(new URL('./generator.ts', import.meta.url))
  const receiver = startProcess<ReceiverQuestion>(new URL('./receiver.ts', import.meta.url))
  const stop = async () => {
    await Promise.all([generator.stop(), receiver.stop()])
  }
  try {
    const port = await receiver.ask<number>({ kind: 'listen', port: receiverPort })
    return {
      hookUrl: (hook = 0) => `http://127.0.0.1:${port}/hook/${hook}`,
      processes: { generator: generator.pid, receiver: receiver.pid },
      async begin(prefix, rule) {
        await receiver.ask({ kind: 'begin', prefix, rule })
      },
      run: (plan) => generator.ask(plan),
      delivered: () => receiver.ask({ kind: 'delivered' }),
      receipts: () => receiver.ask({ kind: 'log' }),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

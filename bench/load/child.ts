import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

type Reply = { value: unknown } | { error: string }

/** A process of the bench that answers questions one at a time (parent.ts is its end). */
export type BenchProcess<Question> = {
  pid: number
  /** Throws what the process threw, or that it ended. */
  ask: <Answer>(question: Question) => Promise<Answer>
  stop: () => Promise<void>
}

/** Starts a file of the bench as a process of its own, so that its CPU is not counted as somebody else's. */
export function startProcess<Question extends object>(file: URL): BenchProcess<Question> {
  const child = fork(fileURLToPath(file), {
    serialization: 'advanced',
    execArgv: ['--import', 'tsx'],
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${file.pathname} has ended`)
  })
  ended.catch(() => undefined)
  return {
    pid: child.pid ?? 0,
    async ask<Answer>(question: Question) {
      const replied = once(child, 'message') as Promise<[Reply]>
      child.send(question)
      const [reply] = await Promise.race([replied, ended])
      if ('error' in reply) throw new Error(reply.error)
      return reply.value as Answer
    },
    async stop() {
      if (child.connected) child.disconnect()
      await ended.catch(() => undefined)
    },
  }
}

import { parentPort } from 'node:worker_threads'
import { getHeapStatistics } from 'node:v8'
import { checkSchema } from '../catalogue/check-schema.ts'
import { validateText } from '../catalogue/validate-text.ts'
import { evaluateFilter } from '../filter/evaluate-filter.ts'
import type { Asked, Said, Task } from '../threads/messages.ts'
import { TimeSpent } from '../threads/time-limit.ts'

const TASKS = { evaluateFilter, checkSchema, validateText }
/** What threads can be asked to do. */
export type Tasks = typeof TASKS

let lastShared: object | undefined

/** Does what it is asked, and says what came of it in any case. */
function answer(asked: Asked): Said {
  lastShared = asked.shared ?? lastShared
  const task = TASKS[asked.task as keyof Tasks] as Task<unknown, object | undefined, unknown>
  const began = performance.now()
  const facts = () => ({
    tookMs: performance.now() - began,
    heapBytes: getHeapStatistics().used_heap_size,
  })
  try {
    const value = task(asked.input, lastShared, asked.limitMs)
    return { kind: 'done', value, ...facts() }
  } catch (error) {
    return { kind: error instanceof TimeSpent ? 'late' : 'failed', ...facts() }
  }
}

parentPort?.on('message', (asked: Asked) => parentPort?.postMessage(answer(asked)))
parentPort?.postMessage({ kind: 'ready' } satisfies Said)

import { createContext, Script } from 'node:vm'

const sandbox = createContext({})
const script = new Script('run()')

/** Thrown where something took longer than it may. */
export class TimeSpent extends Error {
  override readonly name = 'TimeSpent'
}

/**
 * What `run` gives, if it gives it within so many milliseconds. Throws TimeSpent: V8 ends a loop, a recursion and even a
 * regular expression that backtracks for ever. For threads: in the event loop it would still block for that long.
 */
export function limited<T>(run: () => T, limitMs: number): T {
  sandbox['run'] = run
  try {
    return script.runInContext(sandbox, { timeout: Math.max(1, Math.ceil(limitMs)) }) as T
  } catch (error) {
    throw isTimeout(error) ? new TimeSpent() : error
  } finally {
    delete sandbox['run']
  }
}

/** The error is one of the sandbox: no instance of this realm's Error. */
function isTimeout(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : ''
  return code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}

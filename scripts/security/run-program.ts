import { spawn } from 'node:child_process'
import { env, exit } from 'node:process'
import { fileURLToPath } from 'node:url'

export type Ended = { code: number | null; output: string; timedOut: boolean }

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** For a program to stop what it started itself. */
const GRACE_MS = 15_000

/** Runs a program in the root of the repository, with what it started ended after `limitMs`. Never throws. */
export function runProgram(
  command: readonly string[],
  { limitMs, environment = {} }: { limitMs: number; environment?: Record<string, string> },
): Promise<Ended> {
  const [program = '', ...parameters] = command
  const child = spawn(program, parameters, {
    cwd: ROOT,
    env: { ...env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  let timedOut = false
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (output += data.toString()))
  const end = (signal: NodeJS.Signals) => child.pid !== undefined && endGroup(child.pid, signal)
  const atExit = () => end('SIGTERM')
  const atSignal = () => exit(130)
  process.once('exit', atExit).once('SIGTERM', atSignal).once('SIGINT', atSignal)
  let killer: NodeJS.Timeout | undefined
  const timer = setTimeout(() => {
    timedOut = true
    end('SIGTERM')
    killer = setTimeout(() => end('SIGKILL'), GRACE_MS)
  }, limitMs)
  return new Promise((resolve) => {
    const settle = (code: number | null) => {
      clearTimeout(timer)
      clearTimeout(killer)
      process.off('exit', atExit).off('SIGTERM', atSignal).off('SIGINT', atSignal)
      resolve({ code, output, timedOut })
    }
    child.once('error', (error) => {
      output += String(error)
      settle(null)
    })
    child.once('close', settle)
  })
}

function endGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal)
  } catch {
    // it has ended by itself
  }
}

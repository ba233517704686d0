import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, rename, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { StartFailure } from '../failure.ts'
import { readIfThere } from './private-file.ts'
import { signal } from './process-identity.ts'

const LARGEST_LOG_BYTES = 50 * 1_048_576

export type Command = {
  program: string
  args: readonly string[]
  env: Record<string, string | undefined>
  /** Output of both kinds is appended to this file. */
  logFile: string
}

export type Child = {
  pid: number
  /** Resolves when it has ended, to a few words such as `code 1` or `SIGKILL`. */
  ended: Promise<string>
  hasEnded: () => boolean
  /** SIGTERM, then SIGKILL after `patienceMs`; resolves when it is gone with all of its group. */
  stop: (patienceMs: number) => Promise<void>
  /** SIGKILL to its whole group, now. */
  kill: () => void
}

/**
 * Starts a program in a process group of its own, so that a Ctrl-C at the terminal does not reach it
 * and it is stopped in order. It writes to a file, not to us, and so outlives us without harm.
 * Throws StartFailure where it can't be run.
 */
export async function startChild({ program, args, env, logFile }: Command): Promise<Child> {
  await keepSmall(logFile)
  const log = await open(logFile, 'a', 0o600)
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', log.fd, log.fd] })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const ended = exited.then(([code, name]) => name ?? `code ${code}`)
  ended.catch(() => undefined)
  try {
    if (child.pid === undefined) await exited
  } catch (error) {
    throw new StartFailure(`${program} can not be run: ${(error as Error).message}`)
  } finally {
    await log.close()
  }
  const pid = child.pid as number
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  return {
    pid,
    ended,
    hasEnded,
    async stop(patienceMs) {
      if (!hasEnded()) signal(pid, 'SIGTERM')
      const late = new AbortController()
      const patience = sleep(patienceMs, undefined, { signal: late.signal }).then(
        () => signal(-pid, 'SIGKILL'),
        () => undefined,
      )
      await ended
      late.abort()
      await patience
      signal(-pid, 'SIGKILL')
    },
    kill: () => signal(-pid, 'SIGKILL'),
  }
}

/** The last lines of a log, for a message about why a program ended. */
export async function lastLines(logFile: string, count: number): Promise<string> {
  const text = (await readIfThere(logFile)) ?? ''
  const lines = text.trimEnd().split('\n').slice(-count)
  return lines.map((line) => `  ${line.slice(0, 300)}`).join('\n')
}

async function keepSmall(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  )
  if (size > LARGEST_LOG_BYTES) await rename(logFile, `${logFile}.1`)
}

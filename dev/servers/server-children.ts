import { join } from 'node:path'
import type { Child } from './child.ts'
import type { RunFile } from './run-file.ts'
import type { RunLock } from './run-lock.ts'
import type { Screen } from '../screen.ts'

/** They write their state when asked to end; more than this and they are made to. */
const PATIENCE_MS = 15_000
const NAMES = { temporal: 'Temporal', mongo: 'MongoDB' }
type ServerRole = keyof typeof NAMES

export type ServerChildren = {
  /** Takes charge of a server that was just started; one that comes during a stop is ended at once. */
  add: (role: ServerRole, child: Child) => void
  /** Temporal, then MongoDB. */
  stop: () => Promise<void>
  kill: () => void
}

type Surroundings = {
  dataDir: string
  lock: RunLock
  file: RunFile
  screen: Screen
  stopping: AbortSignal
}

/** Keeps account of the servers that a start runs; one that dies is told of, not started again. */
export function serverChildren(surroundings: Surroundings): ServerChildren {
  const { dataDir, lock, file, screen, stopping } = surroundings
  const children = new Map<ServerRole, Child>()
  const note = (role: ServerRole, pid: number | undefined) => {
    file.setPid(role, pid)
    lock.note(role, pid).catch((error: unknown) => screen.warn(String(error)))
  }
  const ended = (role: ServerRole, how: string) => {
    if (stopping.aborted) return
    const log = join(dataDir, `${role}.log`)
    screen.warn(
      `${NAMES[role]} ended unasked (${how}) and is not started again; herald waits for it. Its log: ${log}`,
    )
    note(role, undefined)
  }
  return {
    add(role, child) {
      children.set(role, child)
      if (stopping.aborted) child.kill()
      note(role, child.pid)
      child.ended.then((how) => ended(role, how)).catch(() => undefined)
    },
    async stop() {
      const inOrder = [children.get('temporal'), children.get('mongo')]
      await Promise.all(inOrder.map(async (child) => child?.stop(PATIENCE_MS)))
    },
    kill() {
      for (const child of children.values()) child.kill()
    },
  }
}

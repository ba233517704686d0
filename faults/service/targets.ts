import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { OwnServer } from '../../test/support/servers/killable.ts'
import type { TcpProxy } from '../../test/support/servers/tcp-proxy.ts'
import type { Role } from '../history.ts'
import type { Target } from './service.ts'

/** A part that is told to end has done so within this (F05 of the matrix). */
const ENDED_MS = 30_000

/** The signals by which a build for that (table.ts) ends itself. */
const CRASHES: Record<string, NodeJS.Signals> = {
  'kill by its heap': 'SIGUSR2',
  'kill by an unhandled rejection': 'SIGWINCH',
}

/** A process: `kill`, `kill by …`, `kill after an answer`, `freeze` and `terminate`. */
export function processTarget(role: Role, part: OwnServer): Target {
  return {
    role,
    async hurt(does) {
      if (does === 'freeze') {
        part.freeze()
        return async () => part.thaw()
      }
      const crash = CRASHES[does]
      if (crash) {
        const how = await part.ended(crash)
        return startedAgain(part, how !== 'code 0', how)
      }
      if (does === 'terminate') {
        const how = await part.stop(ENDED_MS)
        return startedAgain(part, how === 'code 0', how)
      }
      if (!does.startsWith('kill')) throw new Error(`a process knows no ${does}`)
      await part.kill()
      return () => part.start()
    },
  }
}

/** Mended all the same where it ended wrongly: the run goes on, and its row says what was wrong. */
function startedAgain(part: OwnServer, isRight: boolean, how: string): () => Promise<void> {
  return async () => {
    await part.start()
    if (!isRight) throw new Error(`it ended with ${how}`)
  }
}

/** A link: what the proxy on it can do. */
export function linkTarget(role: Role, proxy: TcpProxy): Target {
  const toxics: Record<string, (amount: number) => void> = {
    down: () => proxy.cut(),
    blackhole: () => proxy.freeze(),
    latency: (ms) => proxy.slow(ms),
    reset: (every) => proxy.reset(every),
    slicer: (bytes) => proxy.slice(bytes),
    bandwidth: (bytesPerSecond) => proxy.throttle(bytesPerSecond),
  }
  return {
    role,
    async hurt(does, amount) {
      const toxic = toxics[does]
      if (!toxic) throw new Error(`a link knows no ${does}`)
      toxic(amount)
      return async () => proxy.mend()
    },
  }
}

const PIECE = Buffer.alloc(65_536, 1)

/** A small disk of its own: `fill` leaves no byte of it. */
export function diskTarget(role: Role, folder: string): Target {
  return {
    role,
    async hurt(does) {
      if (does !== 'fill') throw new Error(`a disk knows no ${does}`)
      const ballast = join(folder, 'ballast')
      fill(ballast)
      return async () => rmSync(ballast)
    },
  }
}

function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (const size of [PIECE.length, 1]) whileThereIsRoom(() => writeSync(file, PIECE, 0, size))
  } finally {
    closeSync(file)
  }
}

function whileThereIsRoom(write: () => unknown): void {
  try {
    for (;;) write()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

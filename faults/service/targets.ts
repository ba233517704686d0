import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { OwnServer } from '../../test/support/servers/killable.ts'
import type { TcpProxy } from '../../test/support/servers/tcp-proxy.ts'
import type { Role } from '../history.ts'
import type { Target } from './service.ts'

/** A part that is told to end has done so within this (F05 of the matrix). */
const ENDED_MS = 30_000

/** A process: `kill`, `kill after an answer`, `freeze` and `terminate`. */
export function processTarget(role: Role, part: OwnServer): Target {
  return {
    role,
    async hurt(does) {
      if (does === 'freeze') {
        part.freeze()
        return async () => part.thaw()
      }
      if (does.startsWith('kill')) await part.kill()
      else if (does === 'terminate') {
        const how = await part.stop(ENDED_MS)
        // mended all the same: the run goes on, and its row says what was wrong
        if (how !== 'code 0')
          return async () => {
            await part.start()
            throw new Error(`it ended with ${how} after SIGTERM`)
          }
      } else throw new Error(`a process knows no ${does}`)
      return () => part.start()
    },
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

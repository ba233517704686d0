import type { Child } from '../../../dev/servers/child.ts'

export type OwnServer = {
  /** 0 before the first start. */
  pid: () => number
  /** kill -9; resolves when it is gone. */
  kill: () => Promise<void>
  /** SIGTERM, and kill -9 after 10 s; resolves when it is gone. */
  stop: () => Promise<void>
  /** Starts it (again) on the same data and port; resolves when it answers. */
  start: () => Promise<void>
}

/** A server that a test may kill and start again. It does not outlive this process, unless that is killed with -9. */
export function killable(launch: (started: (child: Child) => void) => Promise<unknown>): OwnServer {
  let child: Child | undefined
  process.once('exit', () => child?.kill())
  return {
    pid: () => child?.pid ?? 0,
    async kill() {
      child?.kill()
      await child?.ended
    },
    async stop() {
      await child?.stop(10_000)
    },
    async start() {
      await launch((started) => (child = started))
    },
  }
}

import type { Child } from '../../../dev/servers/child.ts'

export type OwnServer = {
  /** 0 before the first start. */
  pid: () => number
  /** kill -9; resolves when it is gone. */
  kill: () => Promise<void>
  /** SIGTERM, and kill -9 after 10 s or so long; resolves when it is gone, to a few words such as `code 0`. */
  stop: (patienceMs?: number) => Promise<string>
  /** Sends it a signal; resolves when it is gone, to a few words such as `code 1`. */
  ended: (signal: NodeJS.Signals) => Promise<string>
  /** SIGSTOP: it stands still until it is thawed (SIGCONT). */
  freeze: () => void
  thaw: () => void
  /** Starts it (again) on the same data and port; resolves when it answers. */
  start: () => Promise<void>
}

/** A server that a test may kill and start again. It does not outlive this process, unless that is killed with -9. */
export function killable(launch: (started: (child: Child) => void) => Promise<unknown>): OwnServer {
  let child: Child | undefined
  process.once('exit', () => child?.kill())
  const signal = (name: NodeJS.Signals) => child && process.kill(-child.pid, name)
  return {
    pid: () => child?.pid ?? 0,
    async kill() {
      child?.kill()
      await child?.ended
    },
    async stop(patienceMs = 10_000) {
      await child?.stop(patienceMs)
      return (await child?.ended) ?? 'never started'
    },
    async ended(name) {
      if (child) process.kill(child.pid, name)
      return (await child?.ended) ?? 'never started'
    },
    freeze: () => void signal('SIGSTOP'),
    thaw: () => void signal('SIGCONT'),
    async start() {
      await launch((started) => (child = started))
    },
  }
}

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { privateJsonWriter } from './private-file.ts'
import type { Role } from './run-lock.ts'

type Facts = {
  api: string
  apiKey: string
  console: string
  metrics: string | undefined
  receiver: string
  temporal: {
    address: string
    namespace: string
    ui: string | undefined
    cli: string | undefined
  }
  mongo: string
}

/** `dev.json`: how programs find what a start runs. It is there only while the start runs. */
export type RunFile = {
  /** From the first publish on, a changed process is written at once. */
  setPid: (role: Role, pid: number | undefined) => void
  publish: (facts: Facts) => Promise<void>
  remove: () => Promise<void>
}

/** The file of this data folder; nothing is written before `publish`. */
export function runFile(dataDir: string): RunFile {
  const file = join(dataDir, 'dev.json')
  const write = privateJsonWriter(file)
  const pids: Partial<Record<Role, number | undefined>> = {}
  let facts: Facts | undefined
  const store = async () => {
    const { herald, ...servers } = pids
    const all = { ...servers, herald: herald === undefined ? [] : [herald], dev: process.pid }
    if (facts) await write({ ...facts, pids: all })
  }
  return {
    setPid(role, pid) {
      pids[role] = pid
      store().catch(() => undefined)
    },
    async publish(known) {
      facts = known
      await store()
    },
    async remove() {
      if (!facts) return rm(file, { force: true })
      await store()
      facts = undefined
      await rm(file, { force: true })
    },
  }
}

import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { StartFailure } from '../failure.ts'
import { privateJsonWriter, readIfThere } from './private-file.ts'
import { belongsTo, endProcess, startMark } from './process-identity.ts'

const ROLES = ['herald', 'temporal', 'mongo'] as const
export type Role = (typeof ROLES)[number]

const holderSchema = z.object({
  pid: z.number(),
  /** When the process began: its number alone may be another's by now. */
  mark: z.string().optional(),
  children: z.partialRecord(z.enum(ROLES), z.number()),
})
type Holder = z.output<typeof holderSchema>
const runningSchema = z.looseObject({ api: z.string() })

/** Held while a start uses the data folder; it also knows the children, for the start after a kill -9. */
export type RunLock = {
  /** Notes the process of this role, or with undefined that it is gone. */
  note: (role: Role, pid: number | undefined) => Promise<void>
  release: () => Promise<void>
}

/**
 * Takes the data folder for this process. Ends what a start that was killed left running.
 * Throws StartFailure, with the address, where another start uses the folder.
 */
export async function takeRunLock(dataDir: string): Promise<RunLock> {
  const file = join(dataDir, 'dev.lock')
  const mark = await startMark(process.pid)
  const holder: Holder = { pid: process.pid, mark, children: {} }
  for (;;) {
    try {
      await writeFile(file, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    await clearStale(dataDir, file)
  }
  await endOrphans(dataDir)
  const write = privateJsonWriter(file)
  return {
    async note(role, pid) {
      if (pid === undefined) delete holder.children[role]
      else holder.children[role] = pid
      await write(holder)
    },
    async release() {
      await rm(file, { force: true })
    },
  }
}

async function clearStale(dataDir: string, file: string): Promise<void> {
  const text = await readIfThere(file)
  if (text === undefined) return
  const holder = holderSchema.safeParse(json(text)).data
  if (holder && holder.mark !== undefined && holder.mark === (await startMark(holder.pid))) {
    const running = json(await readIfThere(join(dataDir, 'dev.json')))
    const at = runningSchema.safeParse(running).data?.api
    throw new StartFailure(
      `herald already runs on ${dataDir}${at ? `: ${at}` : ''} (process ${holder.pid}). Stop it, or choose another folder with --data-dir.`,
    )
  }
  for (const role of ROLES) {
    const pid = holder?.children[role]
    if (pid && (await belongsTo(pid, dataDir))) await endProcess(pid, 10_000)
  }
  await rm(file, { force: true })
}

/** Ends processes that no lock names any more; only Linux can list them. */
async function endOrphans(dataDir: string): Promise<void> {
  if (process.platform !== 'linux') return
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const orphans: { pid: number; rank: number }[] = []
  for (const pid of pids) {
    if (pid === process.pid || !(await belongsTo(pid, dataDir))) continue
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    orphans.push({ pid, rank: command.includes('cli.ts') ? 0 : 1 })
  }
  for (const { pid } of orphans.toSorted((a, b) => a.rank - b.rank)) await endProcess(pid, 10_000)
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

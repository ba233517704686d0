import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Names the data folder in the environment of every process that a start makes, so that a later start knows its own. */
export const OWNER_KEY = 'HERALD_DEV_DATA_DIR'

/** When the process began, as text that two processes with the same number do not share; undefined where it does not run. */
export async function startMark(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return (await ps(pid, 'lstart=')) || undefined
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' || state === 'X' ? undefined : rest[18]
  } catch {
    return undefined
  }
}

/** Whether the process runs and was started for this data folder, by its environment. */
export async function belongsTo(pid: number, dataDir: string): Promise<boolean> {
  const owner = `${OWNER_KEY}=${dataDir}`
  if (process.platform !== 'linux')
    return `${await ps(pid, 'command=', 'eww')} `.includes(`${owner} `)
  try {
    return (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').includes(owner)
  } catch {
    return false
  }
}

/** Asks the process (and its group) to end, insists after `patienceMs`, and resolves when it is gone. */
export async function endProcess(pid: number, patienceMs: number): Promise<void> {
  signal(pid, 'SIGTERM')
  const insistAtMs = Date.now() + patienceMs
  while ((await startMark(pid)) !== undefined) {
    if (Date.now() > insistAtMs) signal(-pid, 'SIGKILL')
    await sleep(50)
  }
  signal(-pid, 'SIGKILL')
}

/** Sends a signal to a process, or with a negative number to its group; one that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function ps(pid: number, format: string, flags?: string): Promise<string> {
  const args = [...(flags ? [flags] : []), '-o', format, '-p', String(pid)]
  return execute('ps', args).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  )
}

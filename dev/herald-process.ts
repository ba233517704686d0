import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workflowBundlePath } from '../scripts/workflow-bundle.mjs'
import type { Told } from './herald-alarms.ts'
import { watchLog } from './herald-log.ts'
import type { RunFile } from './servers/run-file.ts'
import type { RunLock } from './servers/run-lock.ts'
import type { Screen } from './screen.ts'
import { type Environment, heraldEnvironment, type Wiring } from './stack-environment.ts'
import { superviseHerald, type Supervised } from './servers/supervisor.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

type Surroundings = {
  api: string
  env: Environment
  wiring: Omit<Wiring, 'workflowBundle'>
  lock: RunLock
  file: RunFile
  screen: Screen
  stopping: AbortSignal
}

/** Runs `herald serve all` under supervision; its log goes to herald.log, the warnings of it to the screen. */
export async function runHerald(surroundings: Surroundings): Promise<Supervised> {
  const { api, env, wiring, lock, file, screen, stopping } = surroundings
  const workflowBundle = await bundleIfThere()
  stopping.throwIfAborted()
  const logFile = join(wiring.dataDir, 'herald.log')
  const told = ({ kind, text }: Told) => (kind === 'alarm' ? screen.warn : screen.line)(text)
  watchLog(logFile, told, stopping).catch(() => undefined)
  return superviseHerald({
    command: {
      program: process.execPath,
      args: ['--import', 'tsx', join(ROOT, 'src', 'cli.ts'), 'serve', 'all'],
      env: heraldEnvironment(env, { ...wiring, workflowBundle }),
      logFile,
    },
    api,
    async started(pid, deaths) {
      file.setPid('herald', pid)
      await lock.note('herald', pid)
      if (deaths > 0) screen.warn(`herald is started again (process ${pid})`)
    },
    died: (how) => screen.warn(`herald ended unasked (${how})`),
    back: (pid) => screen.done(`herald is ready again (process ${pid})`),
  })
}

async function bundleIfThere(): Promise<string | undefined> {
  const file = await workflowBundlePath()
  return access(file).then(
    () => file,
    () => undefined,
  )
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { processEnvironment } from '../../src/config.ts'
import type { Api } from '../api.ts'
import type { Processes } from '../measure/usage.ts'
import { chosenMongo, type MongoChoice } from '../stack.ts'
import { BENCH_SETTINGS } from './herald.ts'

const POLL_MS = 10
const PATIENCE_MS = 120_000

const runFileSchema = z.object({
  api: z.string(),
  apiKey: z.string(),
  pids: z.object({
    herald: z.array(z.number()),
    temporal: z.number(),
    mongo: z.number(),
    dev: z.number(),
  }),
})

export type Started = {
  api: Api
  /** The program of `npm start` itself is among them. */
  processes: () => Processes
  /** From its start until herald was ready. */
  readyAfterMs: number
  stop: () => Promise<void>
}

/** A folder for `npm start -- --data-dir`, whose MongoDB is of the chosen kind. */
export async function newDataDir(mongo: MongoChoice | undefined): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-bench-'))
  const source = await chosenMongo(mongo)
  if (!source) throw new Error('there is no such MongoDB: run node scripts/setup.mjs')
  await writeFile(join(dataDir, 'mongo-engine'), `${source.engine}\n`)
  return dataDir
}

export function removeDataDir(dataDir: string): Promise<void> {
  return rm(dataDir, { recursive: true, force: true })
}

/** What `npm start` runs, without npm and the demo; ready when it says so in its run file. */
export async function startAsUsers(dataDir: string): Promise<Started> {
  const fromMs = performance.now()
  const args = ['--import', 'tsx', 'dev/main.ts', '--no-demo', '--port', '0', '--data-dir', dataDir]
  const env = { ...processEnvironment(), ...BENCH_SETTINGS, LOG_LEVEL: 'warn' }
  const program = spawn(process.execPath, args, { stdio: 'ignore', env })
  const kill = () => program.kill('SIGTERM')
  process.once('exit', kill)
  const ended = once(program, 'exit')
  const file = await untilThere(join(dataDir, 'dev.json'), () => program.exitCode !== null)
  const {
    herald: [herald = 0],
    ...others
  } = file.pids
  return {
    api: { api: file.api, key: file.apiKey },
    processes: () => ({ herald, ...others }),
    readyAfterMs: performance.now() - fromMs,
    async stop() {
      kill()
      await ended
      process.off('exit', kill)
    },
  }
}

async function untilThere(file: string, hasEnded: () => boolean) {
  const endMs = Date.now() + PATIENCE_MS
  while (Date.now() < endMs && !hasEnded()) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined) return runFileSchema.parse(JSON.parse(text))
    await sleep(POLL_MS)
  }
  throw new Error('npm start did not come up')
}

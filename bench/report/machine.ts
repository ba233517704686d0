import { readFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { z } from 'zod'
import { findTemporal, type MongoSource, output } from '../../scripts/servers.mjs'
import { chosenMongo, type MongoChoice } from '../stack.ts'

const GIB = 1_024 ** 3
const packageSchema = z.object({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()),
})

/** What figures depend on: where and with which parts they were measured. */
export type Machine = Record<string, string>

/** This machine, and the versions of what a bench with this choice of MongoDB would start. */
export async function thisMachine(mongo: MongoChoice | undefined): Promise<Machine> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  const { version, dependencies } = packageSchema.parse(JSON.parse(text))
  const [temporal, database] = await Promise.all([findTemporal(), chosenMongo(mongo)])
  const cores = cpus()
  return {
    CPU: `${cores[0]?.model ?? 'unknown'}, ${cores.length} cores`,
    Memory: `${(totalmem() / GIB).toFixed(1)} GiB`,
    Node: process.version,
    herald: `${version}${await revision()}`,
    Temporal: temporal ? `${temporal.server ?? '?'} (CLI ${temporal.version})` : 'none',
    'Temporal SDK': dependencies['@temporalio/worker'] ?? 'unknown',
    MongoDB: database ? await versionOf(database) : 'none',
  }
}

/** The commit that was measured, where there is a repository. */
async function revision(): Promise<string> {
  const name = await output('git', ['describe', '--always', '--dirty']).catch(() => '')
  return name ? ` (${name.trim()})` : ''
}

/** secantusd-rs is found without being asked for its version. */
async function versionOf(source: MongoSource): Promise<string> {
  if (source.engine !== 'secantusd-rs') return `${source.engine} ${source.version}`
  const said = await output(source.program, ['--version']).catch(() => source.version)
  return said.split('\n')[0] ?? said
}

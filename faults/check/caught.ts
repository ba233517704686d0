import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { historyText, type Operation } from '../history.ts'
import { check } from './check.ts'
import { BREAKS, planted } from './planted.ts'

/** The names of the breaks that were found as what they are, that were not, and that fit nowhere. */
export type Caught = { caught: string[]; missed: string[]; left: string[] }

/** Plants every break in this good history and judges each. */
export async function caughtOf(
  history: readonly Operation[],
  choose: Parameters<typeof planted>[1],
): Promise<Caught> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-planted-'))
  const file = join(folder, 'history.jsonl')
  const found: Caught = { caught: [], missed: [], left: [] }
  const all = planted(history, choose)
  for (const { name, as, history: broken } of all) {
    await writeFile(file, historyText(broken))
    const { wrong } = await check(file)
    found[wrong[as]?.length ? 'caught' : 'missed'].push(name)
  }
  await rm(folder, { recursive: true })
  const tried = new Set(all.map(({ name }) => name))
  found.left = BREAKS.map(({ name }) => name).filter((name) => !tried.has(name))
  return found
}

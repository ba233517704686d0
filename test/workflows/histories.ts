import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { History } from './story.ts'

const folder = fileURLToPath(new URL('./histories/', import.meta.url))
/** Characters; longer ones are kept compressed. */
const PLAIN_MOST = 300_000

/** The files of all stored histories. */
export async function historyFiles(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /\.json(\.gz)?$/.test(name)).toSorted()
}

/** A history without the ending of its file. */
export function nameOf(file: string): string {
  return file.replace(/\.json(\.gz)?$/, '')
}

/** Thousands of events: it is kept compressed, and takes seconds to replay. */
export function isLong(file: string): boolean {
  return file.endsWith('.gz')
}

export async function readHistory(file: string): Promise<History> {
  const bytes = await readFile(`${folder}${file}`)
  const text = (isLong(file) ? gunzipSync(bytes) : bytes).toString('utf8')
  return JSON.parse(text) as History
}

/** Adds a history and gives its file. Throws where that is there already: what is stored stays. */
export async function addHistory(name: string, history: History): Promise<string> {
  const text = `${JSON.stringify(history)}\n`
  const file = `${name}${text.length > PLAIN_MOST ? '.json.gz' : '.json'}`
  await writeFile(`${folder}${file}`, isLong(file) ? gzipSync(text, { level: 9 }) : text, {
    flag: 'wx',
  })
  return file
}

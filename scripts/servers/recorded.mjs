// What was installed is on record beside it, so that what is used later is the same: docs/decisions/0003.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** SHA-256 of a file, as hex. Read at once: of thousands of files all else takes ten times as long as the hash. */
export function hashOfFile(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** Writes down what a folder holds, once it is whole. */
export async function record(folder) {
  await writeFile(recordOf(folder), `${await hashOfFolder(folder)}\n`)
}

/** A folder that is about to change is what nobody has written down. */
export async function forget(folder) {
  await rm(recordOf(folder), { force: true })
}

/** Whether a folder holds what was written down of it, every byte of it and nothing else. */
export async function isAsRecorded(folder) {
  const wanted = await readFile(recordOf(folder), 'utf8').catch(() => undefined)
  return wanted !== undefined && wanted.trim() === (await hashOfFolder(folder))
}

function recordOf(folder) {
  return `${folder}.sha256`
}

/** Over the names and contents of all files below, in order. */
async function hashOfFolder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ path: join(entry.parentPath ?? entry.path, entry.name), entry }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const hash = createHash('sha256')
  for (const { path, entry } of files) {
    const content = entry.isSymbolicLink() ? await readlink(path) : hashOfFile(path)
    hash.update(`${relative(folder, path)}\0${content}\0`)
  }
  return hash.digest('hex')
}

import { readFile, rename, rm, writeFile } from 'node:fs/promises'

/**
 * Replaces the file in one step, readable by its owner only: a reader sees the old or the new content, never half of it.
 * A crash leaves at most a `.partial` file.
 */
export async function writePrivate(file: string, text: string): Promise<void> {
  const partial = `${file}.${process.pid}.partial`
  try {
    await rm(partial, { force: true }) // one that was left behind keeps its mode
    await writeFile(partial, text, { mode: 0o600, flag: 'wx' })
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/** As writePrivate, as JSON. */
export async function writePrivateJson(file: string, value: unknown): Promise<void> {
  await writePrivate(file, `${JSON.stringify(value, null, 2)}\n`)
}

/** As writePrivateJson for a file that is written often: one after the other, so that the last value stays. */
export function privateJsonWriter(file: string): (value: unknown) => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return (value) => {
    const text = structuredClone(value)
    last = last.catch(() => undefined).then(() => writePrivateJson(file, text))
    return last
  }
}

/** The text, or undefined where there is no such file. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

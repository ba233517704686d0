import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker'

const root = fileURLToPath(new URL('../../', import.meta.url))
const ignore = () => undefined
const quiet = {
  log: ignore,
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
}

/** One text of one file of src/, replaced by another. */
export type Edit = { file: string; from: string; to: string }

/**
 * Bundles a copy of the workflow code (of `source`, a checkout of herald) that has these edits. Throws where a text is not
 * there exactly once.
 */
export async function bundleOfCopy(edits: readonly Edit[], source = root): Promise<WorkflowBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-workflows-'))
  try {
    for (const part of ['workflows', 'delivery'])
      await cp(join(source, 'src', part), join(folder, 'src', part), { recursive: true })
    await cp(join(root, 'package.json'), join(folder, 'package.json'))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const edit of edits) await apply(edit, folder)
    const workflowsPath = join(folder, 'src/workflows/index.ts')
    return await bundleWorkflowCode({ workflowsPath, logger: quiet })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function apply({ file, from, to }: Edit, folder: string): Promise<void> {
  const path = join(folder, 'src', file)
  await writeFile(path, edited(await readFile(path, 'utf8'), { file, from, to }))
}

/** Throws unless each of these edits can be made in the workflow code of today. */
export async function checkEdits(edits: readonly Edit[]): Promise<void> {
  const texts = new Map<string, string>()
  for (const edit of edits) {
    const text = texts.get(edit.file) ?? (await readFile(join(root, 'src', edit.file), 'utf8'))
    texts.set(edit.file, edited(text, edit))
  }
}

function edited(text: string, { file, from, to }: Edit): string {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} of: ${from}`)
  return parts.join(to)
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is not pinned in a workflow file of GitHub: an action without its commit, or permissions left to the default. */
export function actionFaults(file: string, text: string): string[] {
  const lines = text.split('\n')
  const uses = lines.filter((line) => /^\s*(- )?uses:/.test(line))
  const unpinned = uses.filter(
    (line) => !/uses: (?:\.\/\S+|[\w./-]+@[0-9a-f]{40} # v\d\S*)\s*$/.test(line),
  )
  return [
    ...unpinned.map((line) => `${file}: no commit and version in “${line.trim()}”`),
    ...(lines.includes('permissions:') ? [] : [`${file}: no permissions at its top level`]),
    ...(text.includes('pull_request_target') ? [`${file}: pull_request_target`] : []),
  ]
}

/** The faults of all workflow files under the root of the repository. */
export function allActionFaults(root: string): string[] {
  const folder = join(root, '.github/workflows')
  const files = readdirSync(folder).filter((file) => /\.ya?ml$/.test(file))
  if (files.length === 0) return ['there is no workflow file']
  return files.flatMap((file) => actionFaults(file, readFileSync(join(folder, file), 'utf8')))
}

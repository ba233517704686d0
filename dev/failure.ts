/** A start that can not go on, told in words for the person at the terminal; no stack is shown. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
}

/** An error in words: what is full, forbidden or taken, instead of its code. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, path } = error as NodeJS.ErrnoException
  const where = path ? ` (${path})` : ''
  if (code === 'ENOSPC') return `The disk is full${where}. Make room, then start again.`
  if (code === 'EDQUOT') return `The disk quota is used up${where}.`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `Not allowed to write${where}. Choose another folder with --data-dir.`
  return error.message
}

import type { Webhook } from '../../api/types.ts'

const made = new Map<string, string>()

/** The secret of a webhook that was just created: shown once on its page, kept in memory only. */
export function keepNewSecret({ id, secret }: Webhook): void {
  if (secret !== undefined) made.set(id, secret)
}

export function newSecretOf(id: string): string | undefined {
  return made.get(id)
}

export function forgetNewSecret(id: string): void {
  made.delete(id)
}

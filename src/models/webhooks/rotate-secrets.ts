import {
  keysOfWebhook,
  openWebhook,
  sealWebhook,
  type WebhookSecrets,
} from '../../vault/webhook-vault.ts'
import type { Models } from '../connect.ts'
import { patiently } from '../patience.ts'

export type Rotation = {
  webhooks: number
  rewritten: number
  /** Left as they are: the key that encrypted them is missing. */
  unreadable: string[]
  /** How many webhooks use each key id afterwards; `plain` counts those with a secret that is not encrypted. */
  keysInUse: Record<string, number>
}

type Stored = Required<WebhookSecrets> & { _id: string; version: number }

const SECRETS = { target: 1, secrets: 1, version: 1 } as const

/**
 * Encrypts every webhook's secrets with the first key, where they are not yet. A webhook that somebody changes meanwhile
 * is read again, so no change is lost; its version stays, since nothing that a caller sees has changed. Can be repeated.
 */
export async function rotateSecrets(models: Models): Promise<Rotation> {
  const ids = await webhookIds(models)
  const unreadable: string[] = []
  let rewritten = 0
  for (const id of ids) {
    const became = await rewrite(models, id)
    if (became === 'rewritten') rewritten += 1
    if (became === 'unreadable') unreadable.push(id)
  }
  return { webhooks: ids.length, rewritten, unreadable, keysInUse: await keysInUse(models) }
}

/** How many webhooks, deleted ones too, use each key id, or `plain`. Reads around the models, which would decrypt. */
export async function keysInUse(models: Models): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const id of await webhookIds(models)) {
    const stored = await readStored(models, id)
    for (const key of stored ? keysOfWebhook(stored) : []) counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

async function webhookIds({ webhooks }: Models): Promise<string[]> {
  const found = await patiently(() => webhooks.find({}, { _id: 1 }).lean().exec())
  return found.map(({ _id }) => _id)
}

function readStored({ webhooks }: Models, id: string): Promise<Stored | null> {
  return patiently(() =>
    webhooks.collection.findOne<Stored>({ _id: id as never }, { projection: SECRETS }),
  )
}

async function rewrite(
  models: Models,
  id: string,
): Promise<'rewritten' | 'unchanged' | 'unreadable'> {
  const { webhooks, vault } = models
  const { current } = vault.ring
  for (;;) {
    const stored = await readStored(models, id)
    if (!stored || [...keysOfWebhook(stored)].every((key) => key === (current ?? 'plain')))
      return 'unchanged'
    if (openWebhook(vault, id, stored).fault !== undefined) return 'unreadable'
    const filter = { _id: id as never, version: stored.version }
    const sealed = sealWebhook(vault, id, stored)
    const result = await patiently(() => webhooks.collection.updateOne(filter, { $set: sealed }))
    if (result.matchedCount > 0) return 'rewritten'
  }
}

import type { Target } from '../delivery/types.ts'
import { VaultError } from './key-ring.ts'
import { isSealedText, keyIdOf, type SealedText, type TextVault } from './sealed-text.ts'

type Secret = { value: string; createdAt: Date; expiresAt?: Date }
type Stored = SealedText | string
type Turn = (value: Stored, context: string) => Stored

/** Stands for a Slack URL that no key opens; never called (RFC 2606). */
const UNREADABLE_URL = 'https://unreadable.invalid/'

/** What of a webhook holds secrets; MongoDB has SealedText wherever one stands. */
export type WebhookSecrets = { target?: Target; secrets?: Secret[] }

/**
 * These fields as MongoDB keeps them: signing secrets, API key, header values and a Slack URL encrypted, each bound to
 * its webhook and field. The given ones stay as they are.
 */
export function sealWebhook(vault: TextVault, id: string, fields: WebhookSecrets): WebhookSecrets {
  return turned(fields, id, (value, context) => vault.seal(vault.open(value, context), context))
}

/**
 * These fields in plain, whether they were stored encrypted or before there was a key. What no key opens is blank, and
 * `fault` says why.
 */
export function openWebhook(
  vault: TextVault,
  id: string,
  fields: WebhookSecrets,
): { opened: WebhookSecrets; fault?: string } {
  let fault: string | undefined
  const opened = turned(fields, id, (value, context) => {
    try {
      return vault.open(value, context)
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      fault ??= error.message
      return context.endsWith('.url') ? UNREADABLE_URL : ''
    }
  })
  return { opened, ...(fault !== undefined && { fault }) }
}

/** The ids of the keys that encrypt these stored fields; `plain` where one is not encrypted. */
export function keysOfWebhook(fields: WebhookSecrets): Set<string> {
  const keys = new Set<string>()
  turned(fields, '', (value) => {
    keys.add(isSealedText(value) ? keyIdOf(value) : 'plain')
    return value
  })
  return keys
}

/** A copy in which every secret is what `turn` makes of it. */
function turned({ target, secrets }: WebhookSecrets, id: string, turn: Turn): WebhookSecrets {
  const at = (value: string, field: string) => turn(value, `webhooks/${id}/${field}`) as string
  return {
    ...(target && { target: turnedTarget(target, at) }),
    ...(secrets && {
      secrets: secrets.map((one) => ({ ...one, value: at(one.value, 'secrets') })),
    }),
  }
}

function turnedTarget(target: Target, at: (value: string, field: string) => string): Target {
  if (target.type === 'slack') return { ...target, url: at(target.url, 'target.url') }
  const { headers, apiKey } = target
  const values = Object.entries(headers ?? {}).map(([name, value]) => [
    name,
    at(value, `target.headers.${name}`),
  ])
  return {
    ...target,
    ...(headers && { headers: Object.fromEntries(values) as Record<string, string> }),
    ...(apiKey && { apiKey: { ...apiKey, value: at(apiKey.value, 'target.apiKey.value') } }),
  }
}

const PREFIX = 'herald.'

/** The events by which herald tells operators of a webhook's health. */
export type OperatorEventType =
  'herald.webhook.failing' | 'herald.webhook.disabled' | 'herald.webhook.recovered'

/** What an operator event says: its `data`. */
export type OperatorEventData = {
  webhook: string
  name: string
  /** Of the target; its path may be a secret. */
  host: string
  code: string
  reason: string
  /** RFC 3339: the first failure after the last success. */
  since: string
  /** Failed attempts since then. */
  attempts: number
}

/** Whether herald itself makes events of this type: `*` does not name it, and its failures raise no further ones. */
export function isOperatorEvent(type: string): boolean {
  return type.startsWith(PREFIX)
}

import type { OperatorEventType } from '../../delivery/operator-events.ts'
import type { EventEnvelope } from '../../delivery/types.ts'
import { newId, sha256 } from '../../ids.ts'
import type { Notice, WebhookDocument } from '../../models/webhooks/document.ts'

type Subject = Pick<WebhookDocument, '_id' | 'name' | 'target'>
type Fact = {
  at: Date
  /** Names the episode: one event of a type for each. */
  since: Date
  attempts: number
  code: string
  reason: string
  isSilent?: boolean
  /** What is audited of a change of state. */
  changed?: { action: string; after: object }
}

/** What herald has to say of a webhook; the id follows from type, webhook and episode. */
export function noticeOf(type: OperatorEventType, webhook: Subject, fact: Fact): Notice {
  const { at, since, attempts, code, reason, isSilent = false, changed } = fact
  const episode = `${type}/${webhook._id}/${since.getTime()}`
  return {
    id: `evt_${sha256(episode).slice(0, 32)}`,
    type,
    at,
    data: {
      webhook: webhook._id,
      name: webhook.name,
      host: new URL(webhook.target.url).host,
      code,
      reason,
      since: since.toISOString(),
      attempts,
    },
    isSilent,
    ...(changed && { audit: { id: newId('aud', at.getTime()), ...changed } }),
  }
}

/** The ordinary event of the tenant that says it: the same bytes whenever it is made. */
export function eventOfNotice(tenant: string, notice: Notice): EventEnvelope {
  const { id, type, data } = notice
  const at = notice.at.toISOString()
  return {
    tenant,
    id,
    type,
    subject: data.webhook,
    occurredAt: at,
    receivedAt: at,
    data: JSON.stringify(data),
    hash: sha256(id),
  }
}

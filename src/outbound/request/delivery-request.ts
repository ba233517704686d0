import type { Signature, Target } from '../../delivery/types.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { Secret } from '../../models/webhooks/document.ts'
import { deliveryHeaders, redactHeaders, secretHeaderNames } from './request-headers.ts'
import { signatureHeaders } from './signature.ts'

export type DeliveryRequest = {
  url: string
  headers: Record<string, string>
  body: Buffer
  /** What the attempt log keeps of it: no secret, no signature, no query. */
  shown: { method: 'POST'; url: string; headers: Record<string, string> }
}

/** As much of a row as its request needs. */
type Row = Pick<DeliveryDocument, '_id' | 'event' | 'type' | 'body' | 'contentType'> & {
  formatHeaders?: Record<string, string> | undefined
  test?: boolean | undefined
}
type Webhook = { target: Target; signature: Signature; secrets: Secret[] }

/** The request of one attempt: the row's own bytes, signed now with every secret that has not expired. */
export function deliveryRequest(
  row: Row,
  webhook: Webhook,
  attempt: { number: number; nowMs: number; userAgent: string },
): DeliveryRequest {
  const body = Buffer.from(row.body)
  const { target } = webhook
  // Slack verifies nothing; what an HTTP target's signature was is kept, unused.
  const signature: Signature = target.type === 'slack' ? { scheme: 'none' } : webhook.signature
  const headers = deliveryHeaders({
    userAgent: attempt.userAgent,
    delivery: row._id,
    attempt: attempt.number,
    eventType: row.type,
    isTest: row.test,
    contentType: row.contentType,
    formatHeaders: row.formatHeaders,
    signatureHeaders: signatureHeaders(signature, liveSecrets(webhook, attempt.nowMs), {
      id: row.event,
      timestampSeconds: Math.floor(attempt.nowMs / 1_000),
      body,
    }),
    target,
  })
  const redacted = redactHeaders(headers, secretHeaderNames(target, signature))
  return {
    url: target.url,
    headers,
    body,
    shown: { method: 'POST', url: shownUrl(webhook), headers: redacted },
  }
}

function liveSecrets({ secrets }: Webhook, nowMs: number): string[] {
  return secrets
    .filter((secret) => !secret.expiresAt || secret.expiresAt.getTime() > nowMs)
    .map((secret) => secret.value)
}

/** The query may carry a token, and the whole path of a Slack webhook is one. */
function shownUrl({ target }: Webhook): string {
  const url = new URL(target.url)
  if (target.type === 'slack') return `${url.origin}/…`
  return `${url.origin}${url.pathname}${url.search ? '?…' : ''}`
}

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const TOLERANCE_S = 300

/**
 * Whether a request carries a Standard Webhooks 1.0.0 signature by this secret (`whsec_` + base64) that is
 * at most five minutes old. Written for receivers to copy: it uses nothing of herald's sender.
 */
export function isVerified(
  headers: IncomingHttpHeaders,
  body: Buffer,
  { secret, nowMs }: { secret: string; nowMs: number },
): boolean {
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  const signatures = headers['webhook-signature']
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string')
    return false
  if (!(Math.abs(nowMs / 1_000 - Number(timestamp)) <= TOLERANCE_S)) return false
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
  // The texts are compared, since a base64 decoder takes many spellings of the same bytes.
  const wanted = Buffer.from(`v1,${digest.toString('base64')}`)
  return signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature)
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  })
}

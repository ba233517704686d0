import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Request } from './receiver.ts'

const TOLERANCE_S = 300

/** Standard Webhooks 1.0.0: `v1,` + base64 HMAC-SHA256 of `id.timestamp.body`, at most 300 s old. */
export function verifyStandard({ headers, body }: Request, secret: string): boolean {
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  const signatures = headers['webhook-signature']
  if (typeof id !== 'string' || typeof signatures !== 'string' || !isFresh(timestamp)) return false
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signed = createHmac('sha256', key)
    .update(`${id}.${String(timestamp)}.`)
    .update(body)
  const wanted = `v1,${signed.digest('base64')}`
  return signatures.split(' ').some((signature) => isEqual(signature, wanted))
}

/** Hex HMAC-SHA256 of the body in a header of the receiver's choice. */
export function verifyHmac({ headers, body }: Request, secret: string, header: string): boolean {
  const signature = headers[header.toLowerCase()]
  const wanted = createHmac('sha256', secret).update(body).digest('hex')
  return typeof signature === 'string' && isEqual(signature, wanted)
}

/** No signature: whoever knows the API key is herald. */
export function verifyApiKey({ headers }: Request, key: string, header: string): boolean {
  const given = headers[header.toLowerCase()]
  return typeof given === 'string' && isEqual(given, key)
}

function isFresh(timestamp: unknown): boolean {
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false
  return Math.abs(Date.now() / 1_000 - Number(timestamp)) <= TOLERANCE_S
}

/** Takes the same time wherever the two differ. */
function isEqual(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}

// node verify.mjs <scheme> <signature header> <secret> <now> ['Name: value' …] < body
import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'

const TOLERANCE_S = 300

/** `headers` with names in lower case, as node:http gives them; `body` the bytes as they came. */
function standardWebhooks(headers, body, { secret, now }) {
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  const signatures = headers['webhook-signature']
  if (!id || !signatures || !isFresh(timestamp, now)) return false
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const wanted = `v1,${hmac(key, `${id}.${timestamp}.`, body).toString('base64')}`
  // During a rotation there are several, separated by spaces; one that fits is enough.
  return signatures.split(' ').some((signature) => isEqual(signature, wanted))
}

function hmacSha256(headers, body, { secret, header }) {
  const signature = headers[header] ?? ''
  return isEqual(signature, hmac(secret, '', body).toString('hex'))
}

function timestamped(headers, body, { secret, header, now }) {
  const parts = (headers[header] ?? '').split(',')
  const timestamp = parts.find((part) => part.startsWith('t='))?.slice(2)
  if (!isFresh(timestamp, now)) return false
  const wanted = `v1=${hmac(secret, `${timestamp}.`, body).toString('hex')}`
  return parts.some((part) => isEqual(part, wanted))
}

function hmac(key, prefix, body) {
  return createHmac('sha256', key).update(prefix).update(body).digest()
}

function isFresh(timestamp, now) {
  return /^\d{1,12}$/.test(timestamp ?? '') && Math.abs(now - Number(timestamp)) <= TOLERANCE_S
}

function isEqual(given, wanted) {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const schemes = { 'standard-webhooks': standardWebhooks, 'hmac-sha256': hmacSha256, timestamped }
const [scheme, header, secret, at, ...lines] = process.argv.slice(2)
const now = /^\d+$/.test(at) ? Number(at) : Date.now() / 1_000
const headers = Object.fromEntries(
  lines.map((line) => line.split(': ', 2)).map(([name, value]) => [name.toLowerCase(), value]),
)
const options = { secret, header: header.toLowerCase(), now }
const verified = schemes[scheme](headers, readFileSync(0), options)
process.stdout.write(verified ? 'ok\n' : 'rejected\n')

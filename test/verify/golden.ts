import { createHmac } from 'node:crypto'

export type Vector = {
  name: string
  scheme: 'standard-webhooks' | 'hmac-sha256' | 'timestamped'
  /** The header that carries the signature. */
  header: string
  secret: string
  /** Epoch seconds at the receiver. */
  now: number
  headers: Record<string, string>
  body: string
  expected: 'ok' | 'rejected'
}

const AT = 1_674_087_231
const ID = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W'
const STANDARD_SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const OTHER_STANDARD_SECRET = 'whsec_Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA='
const SECRET = 'whsec_test'
const BODY = '{"type":"example.event","data":{"n":12345678901234567890,"s":"é😀"}}'
const REWRITTEN = '{"type":"example.event","data":{"n":12345678901234567000,"s":"é😀"}}'

const hmac = (key: string | Uint8Array, text: string) => createHmac('sha256', key).update(text)
const hex = (text: string, secret = SECRET) => hmac(secret, text).digest('hex')
const base64 = (text: string, secret = STANDARD_SECRET) =>
  hmac(Buffer.from(secret.slice('whsec_'.length), 'base64'), text).digest('base64')

type Change = Partial<Omit<Vector, 'name' | 'headers'>> & {
  headers?: Record<string, string | undefined>
}

function vector(base: Omit<Vector, 'name'>, name: string, change: Change): Vector {
  const headers = Object.entries({ ...base.headers, ...change.headers })
  const present = headers.filter((header): header is [string, string] => header[1] !== undefined)
  return { name, ...base, ...change, headers: Object.fromEntries(present) }
}

function standardVectors(): Vector[] {
  const signature = `v1,${base64(`${ID}.${AT}.${BODY}`)}`
  const base: Omit<Vector, 'name'> = {
    scheme: 'standard-webhooks',
    header: 'webhook-signature',
    secret: STANDARD_SECRET,
    now: AT,
    headers: { 'webhook-id': ID, 'webhook-timestamp': String(AT), 'webhook-signature': signature },
    body: BODY,
    expected: 'ok',
  }
  const rejected = { expected: 'rejected' } as const
  const signed = (value: string) => ({ headers: { 'webhook-signature': value } })
  const old = `v1,${base64(`${ID}.${AT}.${BODY}`, OTHER_STANDARD_SECRET)}`
  const rows: [string, Change][] = [
    ['as it was sent', {}],
    ['300 s old', { now: AT + 300 }],
    ['a rotation: the second signature fits', signed(`${old} ${signature}`)],
    ['a signature of another version beside it', signed(`v1a,AAAA ${signature}`)],
    ['a body that ends with a newline', newlineBody()],
    ['an empty body', { body: '', ...signed(`v1,${base64(`${ID}.${AT}.`)}`) }],
    ['a body that was parsed and written again', { body: REWRITTEN, ...rejected }],
    ['another secret', { secret: OTHER_STANDARD_SECRET, ...rejected }],
    ['301 s old', { now: AT + 301, ...rejected }],
    ['301 s in the future', { now: AT - 301, ...rejected }],
    ['another id', { headers: { 'webhook-id': 'msg_other' }, ...rejected }],
    [
      'another timestamp',
      { headers: { 'webhook-timestamp': String(AT + 1) }, now: AT + 1, ...rejected },
    ],
    ['a timestamp with letters', lettersAfterTimestamp()],
    ['no webhook-id', { headers: { 'webhook-id': undefined }, ...rejected }],
    ['no webhook-timestamp', { headers: { 'webhook-timestamp': undefined }, ...rejected }],
    ['no webhook-signature', { headers: { 'webhook-signature': undefined }, ...rejected }],
    ['a signature without its version', { ...signed(signature.slice(3)), ...rejected }],
    ['only the start of the signature', { ...signed(signature.slice(0, 20)), ...rejected }],
    ['a signature that is no base64', { ...signed('v1,***'), ...rejected }],
  ]
  return rows.map(([name, change]) => vector(base, name, change))
}

function newlineBody(): Change {
  const body = `${BODY}\n`
  return { body, headers: { 'webhook-signature': `v1,${base64(`${ID}.${AT}.${body}`)}` } }
}

/** Signed as it stands, so that only the form of the timestamp is wrong. */
function lettersAfterTimestamp(): Change {
  const timestamp = `${AT}abc`
  const signature = `v1,${base64(`${ID}.${timestamp}.${BODY}`)}`
  const headers = { 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  return { headers, expected: 'rejected' }
}

function hmacVectors(): Vector[] {
  const header = 'Compliancely-Signature'
  const base: Omit<Vector, 'name'> = {
    scheme: 'hmac-sha256',
    header,
    secret: SECRET,
    now: AT,
    headers: { [header]: hex(BODY) },
    body: BODY,
    expected: 'ok',
  }
  const rejected = { expected: 'rejected' } as const
  const rows: [string, Change][] = [
    ['as it was sent', {}],
    ['a name in lower case', { header: header.toLowerCase() }],
    ['years old: this scheme has no timestamp', { now: AT + 100_000_000 }],
    [
      'a body that ends with a newline',
      { body: `${BODY}\n`, headers: { [header]: hex(`${BODY}\n`) } },
    ],
    ['a body that was parsed and written again', { body: REWRITTEN, ...rejected }],
    ['another secret', { secret: 'whsec_other', ...rejected }],
    ['no header', { headers: { [header]: undefined }, ...rejected }],
    [
      'only the start of the signature',
      { headers: { [header]: hex(BODY).slice(0, 32) }, ...rejected },
    ],
    ['a signature that is no hex', { headers: { [header]: 'zz' }, ...rejected }],
  ]
  return rows.map(([name, change]) => vector(base, name, change))
}

function timestampedVectors(): Vector[] {
  const header = 'X-Signature'
  const v1 = `v1=${hex(`${AT}.${BODY}`)}`
  const base: Omit<Vector, 'name'> = {
    scheme: 'timestamped',
    header,
    secret: SECRET,
    now: AT,
    headers: { [header]: `t=${AT},${v1}` },
    body: BODY,
    expected: 'ok',
  }
  const rejected = { expected: 'rejected' } as const
  const old = `v1=${hex(`${AT}.${BODY}`, 'whsec_other')}`
  const signed = (value: string | undefined) => ({ headers: { [header]: value } })
  const rows: [string, Change][] = [
    ['as it was sent', {}],
    ['300 s in the future', { now: AT - 300 }],
    ['a rotation: the second signature fits', signed(`t=${AT},${old},${v1}`)],
    ['a body that was parsed and written again', { body: REWRITTEN, ...rejected }],
    ['another secret', { secret: 'whsec_other', ...rejected }],
    ['301 s old', { now: AT + 301, ...rejected }],
    ['301 s in the future', { now: AT - 301, ...rejected }],
    ['another timestamp', { ...signed(`t=${AT + 1},${v1}`), ...rejected }],
    ['no timestamp', { ...signed(v1), ...rejected }],
    ['no signature', { ...signed(`t=${AT}`), ...rejected }],
    ['an empty header', { ...signed(''), ...rejected }],
    ['no header', { ...signed(undefined), ...rejected }],
  ]
  return rows.map(([name, change]) => vector(base, name, change))
}

/** What docs/verify/vectors.json holds, computed with node:crypto. */
export function goldenVectors(): Vector[] {
  return [...standardVectors(), ...hmacVectors(), ...timestampedVectors()]
}

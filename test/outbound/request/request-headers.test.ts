import { describe, expect, it } from 'vitest'
import type { Target } from '../../../src/delivery/types.ts'
import {
  checkHeaderName,
  checkHeaderValue,
  deliveryHeaders,
  redactHeaders,
  secretHeaderNames,
} from '../../../src/outbound/request/request-headers.ts'

const target: Target = {
  type: 'http',
  url: 'https://hooks.example.com/',
  headers: { 'X-Team': 'crm', Authorization: 'Bearer 1' },
  apiKey: { header: 'X-API-Key', value: 'key-1' },
  timeout: '15s',
}
const signatureHeaders = { 'webhook-id': 'evt_1', 'webhook-signature': 'v1,abc' }
const attempt = {
  userAgent: 'herald/1',
  delivery: 'dlv_1',
  attempt: 2,
  eventType: 'customer_tag_add',
  contentType: 'application/json',
  formatHeaders: { 'ce-id': 'evt_1' },
  signatureHeaders,
  target,
}

describe('the headers of an attempt', () => {
  it('are those of the target, the format, the signature and herald', () => {
    expect(deliveryHeaders(attempt)).toEqual({
      'X-Team': 'crm',
      Authorization: 'Bearer 1',
      'X-API-Key': 'key-1',
      'ce-id': 'evt_1',
      'webhook-id': 'evt_1',
      'webhook-signature': 'v1,abc',
      'content-type': 'application/json',
      'user-agent': 'herald/1',
      'Herald-Delivery': 'dlv_1',
      'Herald-Attempt': '2',
      'Herald-Event-Type': 'customer_tag_add',
    })
  })

  it('of a target never replace those of herald, nor the host, even if they were stored', () => {
    const headers = {
      HOST: 'other.example',
      'Herald-Attempt': '9',
      'Webhook-Id': 'x',
      'CE-Id': 'y',
    }
    const made = deliveryHeaders({ ...attempt, target: { ...target, headers } })
    expect(made).toMatchObject({ 'Herald-Attempt': '2', 'webhook-id': 'evt_1', 'ce-id': 'evt_1' })
    const names = Object.keys(made).map((name) => name.toLowerCase())
    expect(new Set(names).size).toBe(names.length)
    expect(names).not.toContain('host')
  })

  it('of a Slack target are the content type and the user agent', () => {
    const slack: Target = {
      type: 'slack',
      url: 'https://hooks.slack.com/services/x',
      timeout: '15s',
    }
    const made = deliveryHeaders({ ...attempt, target: slack })
    expect(Object.keys(made)).toEqual(['content-type', 'user-agent'])
  })

  it('of an odd event type fit into a header', () => {
    const made = deliveryHeaders({ ...attempt, eventType: 'a\r\nb \u00e9' })
    expect(made['Herald-Event-Type']).toBe('a%0D%0Ab%20%C3%A9')
  })
})

describe('a header of an admin', () => {
  it.each([
    'Host',
    'content-length',
    'Content-Type',
    'content-encoding',
    'transfer-encoding',
    'connection',
    'keep-alive',
    'upgrade',
    'te',
    'trailer',
    'expect',
    'User-Agent',
    'proxy-authorization',
    'webhook-id',
    'sec-fetch-site',
    'forwarded',
    'x-forwarded-for',
    'cookie',
    'metadata',
    'Metadata-Flavor',
    'X-aws-ec2-metadata-token',
    'X-Google-Metadata-Request',
    'x-goog-a',
    'x-azure-b',
    'x-amz-c',
    'accept-encoding',
    'herald-delivery',
  ])('cannot be called %s', (name) => expect(checkHeaderName(name)).toBe('is reserved'))

  it.each(['', 'a b', 'a:b', 'a\r\nb', 'caf\u00e9'])('cannot be called %j', (name) => {
    expect(checkHeaderName(name)).toBe('is not a header name')
  })

  it.each(['X-API-Key', 'Authorization', 'X-Signature', 'Compliancely-Signature'])(
    'may be called %s',
    (name) => {
      expect(checkHeaderName(name)).toBeUndefined()
    },
  )

  it('has printable ASCII of at most 4 KiB as value', () => {
    expect(checkHeaderValue('Bearer a b~')).toBeUndefined()
    for (const value of ['a\r\nb', 'a\u0000', 'caf\u00e9', 'x'.repeat(4_097)])
      expect(checkHeaderValue(value)).toBeDefined()
  })
})

describe('the attempt log', () => {
  it('shows which headers were sent but no secret', () => {
    const secretNames = secretHeaderNames(target, { scheme: 'timestamped', header: 'X-Sign' })
    const shown = redactHeaders({ ...deliveryHeaders(attempt), 'x-sign': 't=1,v1=a' }, secretNames)
    expect(shown).toMatchObject({
      'X-Team': '…',
      Authorization: '…',
      'X-API-Key': '…',
      'x-sign': '…',
      'webhook-signature': '…',
      'webhook-id': 'evt_1',
      'content-type': 'application/json',
    })
  })
})

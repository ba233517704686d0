// node --import tsx examples/merchant.ts [--data-dir FOLDER] [--api URL --key KEY] [--help]
// The merchant platform: the merchant's own secret and header name, N attempts within an interval, a rate limit.
import { runExample } from './lib/example.ts'
import type { Json } from './lib/herald.ts'
import { verifyHmac } from './lib/verify.ts'

const header = 'X-Shop-Signature'

await runExample({
  webhook: {
    name: 'merchant example',
    preset: 'merchant',
    events: ['order.*', 'transaction.*'],
    signature: { scheme: 'hmac-sha256', header, encoding: 'hex' },
    retry: { type: 'within', attempts: 5, within: '4s' },
    secret: 'the-merchants-own-secret',
  },
  events: [
    { type: 'order.paid', subject: 'ord_1001', data: { status: 'paid', amount: '49.90' } },
    { type: 'transaction.settled', subject: 'trx_77', data: { status: 'settled' } },
  ],
  // the shop is down at first, so the second attempt comes a second after the first
  firstAnswers: [503],
  verify(request, { id, event, secret }) {
    if (!verifyHmac(request, secret, header)) return false
    const body = JSON.parse(request.body.toString()) as Json
    return body['id'] === id && body['type'] === event.type && body['subject'] === event['subject']
  },
})

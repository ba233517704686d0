// node --import tsx examples/compliancely.ts [--data-dir FOLDER] [--api URL --key KEY] [--help]
// The Compliancely guide: the data as it was sent, HMAC-SHA256 of it in Compliancely-Signature, again after 3 and 6 minutes.
import { runExample } from './lib/example.ts'
import { verifyHmac } from './lib/verify.ts'

await runExample({
  webhook: {
    name: 'Compliancely example',
    preset: 'compliancely',
    events: ['business.*'],
    secret: 'compliancely-shared-secret',
  },
  events: [
    {
      type: 'business.updated',
      data: { businessId: 'biz_9', field: 'tin_status', from: 'pending', to: 'verified' },
    },
    { type: 'business.document_added', data: { businessId: 'biz_9', document: 'W-9' } },
  ],
  verify: (request, { event, secret }) =>
    verifyHmac(request, secret, 'Compliancely-Signature') &&
    request.body.toString() === JSON.stringify(event.data),
})

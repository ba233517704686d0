// node --import tsx examples/admin-console.ts [--data-dir FOLDER] [--api URL --key KEY] [--help]
// The admin console page: webhook name, events, type, URL and API key; the body tells the event and its context.
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { runExample } from './lib/example.ts'
import type { Json } from './lib/herald.ts'
import { verifyApiKey } from './lib/verify.ts'

const apiKey = { header: 'X-API-Key', value: randomBytes(24).toString('base64url') }

await runExample({
  webhook: {
    name: 'admin console example',
    preset: 'admin-console',
    events: ['user.*'],
    target: { apiKey },
  },
  events: [
    {
      type: 'user.invited',
      occurredAt: '2026-01-31T09:30:00Z',
      context: { organisation: 'org_5', by: 'usr_1' },
      data: { userId: 'usr_2', role: 'viewer' },
    },
    { type: 'user.removed', data: { userId: 'usr_2' } },
  ],
  verify(request, { event }) {
    if (!verifyApiKey(request, apiKey.value, apiKey.header)) return false
    const body = JSON.parse(request.body.toString()) as Json
    const { type, data, context = null, occurredAt = body['event_time'] } = event
    const wanted = { event_time: occurredAt, event_type: type, current_context: context, data }
    return isDeepStrictEqual(body, wanted)
  },
})

import { z } from 'zod'
import { SLACK_HOST } from '../../outbound/slack/url.ts'
import { ApiError } from '../http/errors.ts'
import { route } from '../http/route.ts'

const count = z.number().int()
const texts = z.array(z.string())

export const egressSchema = z
  .object({
    allowHttp: z.boolean(),
    allowCidrs: texts,
    denyCidrs: texts,
    allowHosts: texts,
    slackHosts: texts,
    proxy: z.boolean().meta({ description: 'Whether requests leave through EGRESS_PROXY_URL.' }),
    originConcurrency: count,
    tenantConcurrency: count,
    ingest: z.object({
      ratePerSecond: count,
      burst: count,
      maxBytes: count,
      maxWaiting: count,
    }),
    backlogMax: count,
    retentionDays: count.meta({ description: '0: for ever.' }),
  })
  .meta({ id: 'Egress' })

export const egressRoutes = [
  route({
    method: 'get',
    path: '/v1/egress',
    operationId: 'getEgress',
    summary: 'Where requests may go, and the limits, as the operator set them',
    tag: 'Settings',
    role: 'admin',
    responses: { 200: { description: 'As they are', schema: egressSchema } },
    handle: async ({ deps: { config }, caller }) => {
      if (caller.boundTenant !== null)
        throw new ApiError('tenant_forbidden', 'These are of all tenants; use a key of none.')
      return {
        status: 200,
        body: {
          allowHttp: config.ALLOW_HTTP,
          allowCidrs: config.OUTBOUND_ALLOW_CIDRS,
          denyCidrs: config.OUTBOUND_DENY_CIDRS,
          allowHosts: config.OUTBOUND_ALLOW_HOSTS,
          slackHosts: [SLACK_HOST, ...config.SLACK_ALLOW_HOSTS],
          proxy: config.EGRESS_PROXY_URL !== undefined,
          originConcurrency: config.OUTBOUND_ORIGIN_CONCURRENCY,
          tenantConcurrency: config.OUTBOUND_TENANT_CONCURRENCY,
          ingest: {
            ratePerSecond: config.INGEST_RATE,
            burst: config.INGEST_BURST,
            maxBytes: config.INGEST_MAX_BYTES,
            maxWaiting: config.INGEST_MAX_WAITING,
          },
          backlogMax: config.BACKLOG_MAX,
          retentionDays: config.RETENTION_DAYS,
        },
      }
    },
  }),
]

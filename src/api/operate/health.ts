import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { publicUrl } from '../http/links.ts'
import { route } from '../http/route.ts'

const CHECK_MS = 1_000

const check = z.object({ ok: z.boolean() })
export const readySchema = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    checks: z.object({ mongo: check, temporal: check, worker: check }),
  })
  .meta({ id: 'Readiness' })

/** Asks MongoDB itself, so that a connection that only looks open does not count. */
async function mongoAnswers({ models }: ApiDependencies): Promise<boolean> {
  const { db } = models.connection
  return db !== undefined && (await db.command({ ping: 1 }))['ok'] === 1
}

/** False where the answer is no, an error, or takes longer than a second. */
async function inTime(answer: Promise<boolean>): Promise<{ ok: boolean }> {
  const late = new AbortController()
  const never = pause(CHECK_MS, false, { signal: late.signal })
  try {
    return { ok: await Promise.race([answer.catch(() => false), never.catch(() => false)]) }
  } finally {
    late.abort()
  }
}

export const healthRoutes = [
  route({
    method: 'get',
    path: '/',
    operationId: 'getIndex',
    summary: 'Where things are',
    tag: 'Health',
    role: null,
    responses: {
      200: {
        description: 'Links',
        schema: z.object({
          name: z.literal('herald'),
          version: z.string(),
          links: z.record(z.string(), z.string()),
        }),
      },
    },
    handle: async ({ deps }) => {
      const names = ['/docs', '/docs/guides/operate', '/v1/openapi.json', '/livez', '/readyz']
      const links = names.map((path) => [path.split('/').at(-1), publicUrl(deps.config, path)])
      const body = { name: 'herald', version: deps.version, links: Object.fromEntries(links) }
      return { status: 200, body }
    },
  }),
  route({
    method: 'get',
    path: '/livez',
    operationId: 'getLiveness',
    summary: 'Whether the process runs',
    tag: 'Health',
    role: null,
    responses: { 200: { description: 'It runs', schema: z.object({ status: z.literal('ok') }) } },
    handle: async () => ({ status: 200, body: { status: 'ok' } }),
  }),
  route({
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    summary: 'Whether MongoDB, Temporal and the worker answer',
    tag: 'Health',
    role: null,
    responses: {
      200: { description: 'All answer', schema: readySchema },
      503: { description: 'One does not', schema: readySchema },
    },
    handle: async ({ deps }) => {
      const [mongo, temporal] = await Promise.all([
        inTime(mongoAnswers(deps)),
        inTime(deps.temporal.healthy()),
      ])
      const checks = { mongo, temporal, worker: { ok: deps.workerReady() } }
      const ok = Object.values(checks).every((one) => one.ok)
      return { status: ok ? 200 : 503, body: { status: ok ? 'ok' : 'unavailable', checks } }
    },
  }),
]

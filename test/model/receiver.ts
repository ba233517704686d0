import { Context, type Info } from '@temporalio/activity'
import { type Carrier, LANE_RUN, type PostResult } from '../../src/delivery/types.ts'
import type { Poster, PostRequest } from '../../src/outbound/post.ts'
import type { Host, World } from './world.ts'

/** A request as the receiver saw it. */
export type Seen = {
  delivery: string
  event: string
  number: number
  webhook: string
  host: Host
  /** On whose behalf it was sent. */
  by: Carrier
  /** It had a slot of a rate limit. */
  isLimited: boolean
  startMs: number
  /** When it was answered, or the connection was closed. */
  endMs: number
  status: number | undefined
}
/** How many of the requests to a webhook fail, and how long its answers take. */
export type Mood = { fails: number; slowest: number }

export const GOOD: Mood = { fails: 0, slowest: 50 }
const CONNECT_MS = 30
const NO_TIMINGS = { dnsMs: null, connectMs: null, tlsMs: null, ttfbMs: null }
const FAILURES = [500, 503, 429, 429, 'timeout', 'reset'] as const

/** Receives what the processes send, and writes down all of it; answers as its mood is for each webhook. */
export class Receiver {
  readonly requests: Seen[] = []
  readonly moods = new Map<string, Mood>()
  /** Called as a request comes, before anything else happens. */
  came: (request: Seen) => Promise<void> = () => Promise.resolve()
  private readonly world: World

  constructor(world: World) {
    this.world = world
  }

  poster(host: Host): Poster {
    return { post: (request) => this.post(request, host), close: () => Promise.resolve() }
  }

  /** The connections of a process that died are closed. */
  lose(host: Host): void {
    for (const request of this.requests)
      if (request.host === host && request.endMs === Infinity) request.endMs = this.world.nowMs
  }

  private async post(request: PostRequest, host: Host): Promise<PostResult> {
    const { world } = this
    const startedAt = world.nowMs
    const by = senderOf(Context.current().info)
    const seen = await world.step(
      world.between(0, CONNECT_MS),
      () => this.take(request, { host, by }),
      host,
    )
    const result = (came: Pick<PostResult, 'response' | 'error'>): PostResult => {
      const totalMs = world.nowMs - startedAt
      return { startedAt, endedAt: world.nowMs, timings: { ...NO_TIMINGS, totalMs }, ...came }
    }
    if (!seen) return result({ error: { code: 'limited', detail: 'its slot had passed' } })
    const came = await this.answer(seen, request.timeoutMs)
    seen.endMs = Math.min(seen.endMs, world.nowMs)
    return result(came)
  }

  private async take(
    { gate, headers, url, body }: PostRequest,
    { host, by }: Pick<Seen, 'host' | 'by'>,
  ): Promise<Seen | undefined> {
    if (gate && !gate()) return undefined
    const seen: Seen = {
      delivery: headerOf(headers, 'herald-delivery'),
      event: (JSON.parse(String(body)) as { id: string }).id,
      number: Number(headerOf(headers, 'herald-attempt')),
      webhook: url.slice(url.lastIndexOf('/') + 1),
      host,
      by,
      isLimited: gate !== undefined,
      startMs: this.world.nowMs,
      endMs: Infinity,
      status: undefined,
    }
    this.world.note(`${seen.delivery} attempt ${seen.number} by ${by.workflow} on ${host.name}`)
    this.requests.push(seen)
    await this.came(seen)
    return seen
  }

  private async answer(
    seen: Seen,
    timeoutMs: number,
  ): Promise<Pick<PostResult, 'response' | 'error'>> {
    const { world } = this
    const { fails, slowest } = this.moods.get(seen.webhook) ?? GOOD
    const failure = world.chance(fails) ? world.pick(FAILURES) : undefined
    const takesMs = failure === 'timeout' ? Infinity : world.between(1, slowest)
    if (takesMs >= timeoutMs) {
      await world.step(timeoutMs, () => undefined, seen.host)
      return { error: { code: 'timeout', detail: 'no answer in time' } }
    }
    // it has answered, whether or not the process can hear it
    await world.step(takesMs, () => (seen.endMs = Math.min(seen.endMs, world.nowMs)))
    await world.step(0, () => undefined, seen.host)
    if (typeof failure === 'string') return { error: { code: 'reset', detail: 'connection reset' } }
    const status = failure ?? 200
    seen.status = status
    const headers: Record<string, string> = status === 429 ? { 'retry-after': '1' } : {}
    return { response: { status, headers, body: '', truncated: false } }
  }
}

/** The carrier that an activity sends for. */
function senderOf({ workflowExecution, activityType }: Info): Carrier {
  const { workflowId: workflow = '', runId = '' } = workflowExecution ?? {}
  return { workflow, run: activityType === 'sendHeld' ? LANE_RUN : runId }
}

function headerOf(headers: Record<string, string>, name: string): string {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? ''
}

import type { EventEnvelope } from '../delivery/types.ts'
import type { FanOut } from './fan-out.ts'

const BYTES_MOST = 1_048_576
/** What one run of matchWebhooks can store in its time. */
const DELIVERIES_MOST = 10_000

/** What a group holds, or what is added to it; its deliveries as far as something is known of them. */
export type GroupSize = { events: number; bytes: number; deliveries: number }

export const EMPTY: GroupSize = { events: 0, bytes: 0, deliveries: 0 }

/** `bytes`: at least those inside the workflow's JSON input, where quotes and backslashes are escaped again. */
export function sizeOf(event: EventEnvelope, fanOut: Pick<FanOut, 'of'>): GroupSize {
  const bytes = Buffer.byteLength(JSON.stringify(event))
  return { events: 1, bytes, deliveries: fanOut.of(event) }
}

export function plus(one: GroupSize, other: GroupSize): GroupSize {
  return {
    events: one.events + other.events,
    bytes: one.bytes + other.bytes,
    deliveries: one.deliveries + other.deliveries,
  }
}

/** Whether one workflow may hold this. */
export function fits({ events, bytes, deliveries }: GroupSize, eventsMost: number): boolean {
  return events <= eventsMost && bytes <= BYTES_MOST && deliveries <= DELIVERIES_MOST
}

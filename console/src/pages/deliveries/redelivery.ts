import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { call, problemOf } from '../../api/call.ts'
import type { Delivery } from '../../api/types.ts'
import { useClock } from '../../app/clock.tsx'

/** After this one may press again: a paused webhook, for one, sends nothing for long. */
const BUSY_MAX_MS = 10_000

export type Redelivery = {
  /** What was begun, or what became of it; nothing before. */
  word: string | undefined
  isBusy: boolean
  redeliver: () => void
  cancel: () => void
}

/** Sends a delivery again, and says what a receiver made of it: not that somebody was asked to send it. */
export function useRedelivery(delivery: Delivery): Redelivery {
  const { nowMs } = useClock()
  const [begun, setBegun] = useState<{ since: number; atMs: number }>()
  const last = delivery.attempts.at(-1)
  const act = useAction(async (verb: 'redeliver' | 'cancel') => {
    if (verb === 'redeliver') setBegun({ since: delivery.attemptCount, atMs: Date.now() })
    await call(`/v1/deliveries/${delivery.id}/${verb}`, { method: 'POST', body: {} })
  })
  const isDone = begun !== undefined && last !== undefined && last.number > begun.since
  const isWaiting = begun !== undefined && !isDone && nowMs - begun.atMs < BUSY_MAX_MS
  return {
    word: act.error ? problemOf(act.error).detail : wordOf(begun?.since, isDone ? last : undefined),
    isBusy: act.isPending || (isWaiting && !act.error),
    redeliver: () => act.mutate('redeliver'),
    cancel: () => act.mutate('cancel'),
  }
}

function wordOf(
  since: number | undefined,
  last: Delivery['attempts'][number] | undefined,
): string | undefined {
  if (since === undefined) return undefined
  if (!last) return `Attempt ${since + 1} is on its way …`
  const answer = last.status ?? last.code ?? last.outcome
  return last.outcome === 'delivered'
    ? `Redelivered: the receiver answered ${answer} to attempt ${last.number}.`
    : `Attempt ${last.number} failed: ${answer}.`
}

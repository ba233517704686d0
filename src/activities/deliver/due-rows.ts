import { setTimeout as sleep } from 'node:timers/promises'
import type { Carrier } from '../../delivery/types.ts'
import type { Claims } from '../../models/deliveries/claims.ts'
import type { DeliveryChanges } from '../../models/deliveries/changes.ts'
import type { DeliveryReads, EndedRow } from '../../models/deliveries/reads.ts'
import { type DeliveryDocument, dueTimeMs } from '../../models/deliveries/document.ts'
import type { OpenAttempt } from '../../models/deliveries/updates.ts'
import type { Sender } from './sender.ts'

/** Attempts in a row whose worker died before a delivery is given up: it may be what kills the workers. */
const UNKNOWNS_MAX = 20
const POLL_MS = 250
/** An activity comes back a little before the time that it asks for. */
const AFTER_MS = 200

type Context = {
  claims: Claims
  changes: DeliveryChanges
  reads: DeliveryReads
  sender: Sender
  now: () => number
  carrier: Carrier
  signal: AbortSignal
}

/** The rows that are due now or will be within `nearMs`, the earliest first. */
export function dueRows(
  rows: DeliveryDocument[],
  nowMs: number,
  nearMs: number,
): DeliveryDocument[] {
  return rows
    .filter((row) => dueTimeMs(row) <= nowMs + nearMs)
    .toSorted((a, b) => dueTimeMs(a) - dueTimeMs(b))
}

/**
 * Ends the attempts of these rows that somebody left open. One that is under way in this process is waited for. One that the
 * same carrier began is over: Temporal gave that activity up. One of another carrier (before a reset, a redelivery) may be
 * alive and gets until its deadline. What did not end is recorded as `unknown`; what another sender began meanwhile is its
 * own. Gives the rows that are still open.
 */
export async function settleAbandoned(
  rows: DeliveryDocument[],
  context: Context,
): Promise<DeliveryDocument[]> {
  const begun = rows.filter((row) => row.open)
  if (begun.length === 0) return rows
  await Promise.all(begun.map((row) => waitForEnd(row, context)))
  const again = (some: DeliveryDocument[]) =>
    context.reads.open(
      some.map((row) => row._id),
      context.signal,
    )
  const now = await again(rows)
  const tokens = new Set(begun.map((row) => row.open?.token))
  const dead = now.filter((row) => row.open && tokens.has(row.open.token))
  await Promise.all(dead.map((row) => writeOff(row, context)))
  return dead.length > 0 ? await again(now) : now
}

/**
 * Ends the attempts that rows of these ids were ended with: one that is under way in this process is waited for, one whose
 * sender is dead is recorded as `unknown`, so that no number is without a record. Gives how many others there are, and when
 * they must be over; undefined where none is left.
 */
export async function settleEnded(
  ids: string[],
  context: Pick<Context, 'claims' | 'reads' | 'sender' | 'carrier' | 'now' | 'signal'>,
): Promise<{ count: number; untilMs: number } | undefined> {
  const { claims, reads, sender, carrier, now, signal } = context
  const alive: number[] = []
  const settle = async (row: EndedRow) => {
    const { open } = row
    if (!open) return
    const here = sender.current(open.token)
    if (here) return await here
    const untilMs = aliveUntilMs(open, carrier)
    if (untilMs > now()) alive.push(untilMs)
    else await claims.writeOffEnded(row, open, new Date(now()))
  }
  await Promise.all((await reads.ended(ids, signal)).map(settle))
  return alive.length === 0
    ? undefined
    : { count: alive.length, untilMs: Math.max(...alive) + AFTER_MS }
}

/** Until when the sender of an attempt may be alive in another process; one that the same carrier began is over. */
function aliveUntilMs(open: OpenAttempt, carrier: Carrier): number {
  return open.run === carrier.run ? 0 : open.until.getTime()
}

async function waitForEnd({ _id, open }: DeliveryDocument, context: Context): Promise<void> {
  if (!open) return
  const here = context.sender.current(open.token)
  if (here) return await here
  const untilMs = aliveUntilMs(open, context.carrier)
  for (let isOpen = true; isOpen && context.now() < untilMs;) {
    await sleep(POLL_MS, undefined, { signal: context.signal })
    const [again] = await context.reads.open([_id], context.signal)
    isOpen = again?.open?.token === open.token
  }
}

async function writeOff(row: DeliveryDocument, { claims, changes, now }: Context): Promise<void> {
  if (!row.open) return
  const at = new Date(now())
  await claims.writeOff(row, row.open, at)
  if (row.unknowns + 1 < UNKNOWNS_MAX) return
  const detail = `${UNKNOWNS_MAX} attempts in a row ended with the death of their worker.`
  await changes.end([row], { state: 'failed', reason: { code: 'crash_loop', detail }, at })
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type DeliveryDocument, dueTimeMs } from '../models/delivery.ts'
import type { DeliveryHistory, Ledger, OpenAttempt } from '../models/ledger.ts'
import type { Sender } from './sender.ts'

/** Attempts in a row whose worker died before a delivery is given up: it may be what kills the workers. */
const UNKNOWNS_MAX = 20
const POLL_MS = 250

/** Finished in this round, with what its history is then; or open, and due at a time. */
export type RowState =
  | { finished: true; history: DeliveryHistory; attempts: number }
  | { finished: false; dueAtMs: number }

type Context = {
  ledger: Ledger
  sender: Sender
  now: () => number
  run: string
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
 * Sees to attempts that somebody began and has not ended. One that is under way in this process is waited for. One of an
 * earlier activity of the same run is over: Temporal gave that activity up. One of another run (a reset, a redelivery) may be
 * alive and gets until its deadline. What did not end is recorded as `unknown`. Gives the rows that are still open.
 */
export async function settleAbandoned(
  rows: DeliveryDocument[],
  context: Context,
): Promise<DeliveryDocument[]> {
  const begun = rows.filter((row) => row.open)
  if (begun.length === 0) return rows
  await Promise.all(begun.map((row) => waitForEnd(row, context)))
  const ids = rows.map((row) => row._id)
  const now = await context.ledger.openRows(ids, context.signal)
  const dead = now.filter((row) => row.open)
  await Promise.all(dead.map((row) => settleDead(row, row.open, context)))
  return dead.length > 0 ? await context.ledger.openRows(ids, context.signal) : now
}

async function waitForEnd(row: DeliveryDocument, context: Context): Promise<void> {
  const here = context.sender.current(row._id)
  if (here) return void (await here.catch(() => undefined))
  if (!row.open || row.open.run === context.run) return
  const until = row.open.until.getTime()
  for (let open = true; open && context.now() < until;) {
    await sleep(POLL_MS, undefined, { signal: context.signal })
    const [again] = await context.ledger.openRows([row._id], context.signal)
    open = again?.open?.number === row.open.number
  }
}

async function settleDead(
  row: DeliveryDocument,
  dead: OpenAttempt | undefined,
  { ledger, now }: Context,
): Promise<void> {
  if (!dead) return
  const at = new Date(now())
  await ledger.settleUnknown(row, dead, at)
  if (row.unknowns + 1 < UNKNOWNS_MAX) return
  const detail = `${UNKNOWNS_MAX} attempts in a row ended with the death of their worker.`
  await ledger.end([row], 'failed', { code: 'crash_loop', detail }, at)
}

import { setMaxListeners } from 'node:events'
import { durationMs } from '../../delivery/duration.ts'
import { BEGIN_MARGIN_MS } from '../../delivery/pass-limit.ts'
import { lateByMs } from '../../delivery/replay-pace.ts'
import { ruleOf } from '../../delivery/row-rule.ts'
import type { Carrier } from '../../delivery/types.ts'
import { type DeliveryDocument, dueTimeMs } from '../../models/deliveries/document.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { Caps } from './caps.ts'
import { dueRows } from './due-rows.ts'
import type { FreshWebhook } from './fresh-webhook.ts'
import type { ClaimedRow, Sender, Sent } from './sender.ts'
import type { Release } from './permits.ts'

/** What is due so soon is waited for here, claimed already. */
const NEAR_MS = 100
/** So often the claim of a row that waits for its request's permits is looked after. */
const KEEP_MS = 1_000

type Dependencies = {
  fresh: FreshWebhook
  sender: Sender
  caps: Caps
  carrier: Carrier
  now: () => number
  signal: AbortSignal
  stopping: AbortSignal
  sent: (row: DeliveryDocument, sent: Sent & { outcome: 'settled' }) => void
}

/**
 * Sends the rows of a webhook that are due, as many at a time as it gets places; what there is no time for stays due. A
 * row's place is that of the next one when its answer is in. Resolves when all that was begun is on record.
 */
export async function sendDue(
  webhook: WebhookDocument,
  rows: DeliveryDocument[],
  { first, ...deps }: Dependencies & { first: Release },
): Promise<void> {
  const due = dueRows(rows, deps.now(), NEAR_MS)
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  const stop = () => over.abort()
  deps.signal.addEventListener('abort', stop, { once: true })
  const requests = new DueRequests(webhook, due, { ...deps, over })
  const hands = Math.max(Math.min(due.length, webhook.concurrency), 1)
  const begun = Array.from({ length: hands }, (_, n) => requests.next(n === 0 ? first : undefined))
  await Promise.all(begun).finally(() => deps.signal.removeEventListener('abort', stop))
  await Promise.all(requests.ended)
}

class DueRequests {
  readonly ended: Promise<void>[] = []
  private readonly webhook: WebhookDocument
  private readonly due: DeliveryDocument[]
  private readonly deps: Dependencies & { over: AbortController }
  private readonly endAtMs: number
  private readonly startOf: (row: DeliveryDocument) => number

  constructor(
    webhook: WebhookDocument,
    due: DeliveryDocument[],
    deps: Dependencies & { over: AbortController },
  ) {
    this.webhook = webhook
    this.due = due
    this.deps = deps
    this.endAtMs = deps.now() + durationMs(webhook.target.timeout) + BEGIN_MARGIN_MS
    this.startOf = replayStarts(due, deps.now())
  }

  /** Sends one row after another, each in a place of its own; the first in this one, if there is one. */
  async next(place: Release | undefined): Promise<void> {
    const { caps, over } = this.deps
    const patience = { patienceMs: this.leftMs(), signal: over.signal }
    const release = place ?? (await caps.place(this.webhook, patience))
    const row = release && !this.isStopped() ? this.due.shift() : undefined
    if (this.due.length === 0) over.abort()
    if (row) await new Promise<void>((answered) => this.begin(row, answered))
    release?.()
    if (row && this.due.length > 0) await this.next(undefined)
  }

  private begin(row: DeliveryDocument, answered: () => void): void {
    const ended = this.sendOne(row, answered).finally(answered)
    ended.catch(() => undefined)
    this.ended.push(ended)
  }

  private async sendOne(row: DeliveryDocument, answered: () => void): Promise<void> {
    const { fresh, sender, carrier, signal } = this.deps
    const webhook = await fresh.read(signal)
    if (!webhook || ruleOf(webhook, row).rule !== 'send') return
    const claimed = await sender.claim(row, webhook, carrier, this.startOf(row))
    const turn = claimed && (await this.turnOf(claimed, webhook))
    if (!claimed || !turn) return
    const isIn = () => {
      turn.release()
      answered()
    }
    const sent = await sender.send(claimed, turn.webhook, { answered: isIn }).finally(isIn)
    if (sent.outcome !== 'settled') return
    this.deps.caps.note(turn.webhook, sent.attempt.code)
    this.deps.sent(row, sent)
  }

  /** Waits for the permits of a claimed row's request; without them, or if nothing may be sent any more, it is given back. */
  private async turnOf(
    claimed: ClaimedRow,
    webhook: WebhookDocument,
  ): Promise<{ webhook: WebhookDocument; release: Release } | undefined> {
    const { fresh, sender, caps, signal } = this.deps
    let isMine = true
    const keep = async (startMs = 0) => {
      const known = fresh.latest(signal) ?? webhook
      if ((await sender.ready(claimed, known, startMs)) === 'lost') isMine = false
    }
    let timer: NodeJS.Timeout | undefined
    let release: Release | undefined
    try {
      await keep(this.startOf(claimed.row))
      timer = setInterval(() => void keep().catch(() => undefined), KEEP_MS)
      release = await caps.request(webhook, { patienceMs: this.leftMs(), signal })
      const known = fresh.latest(signal)
      const isWanted = known && ruleOf(known, claimed.row).rule === 'send' && !this.isStopped()
      if (release && isMine && isWanted) return { webhook: known, release }
    } catch (error) {
      await sender.giveBack(claimed)
      throw error
    } finally {
      clearInterval(timer)
    }
    release?.()
    await sender.giveBack(claimed)
    return undefined
  }

  private isStopped(): boolean {
    return this.deps.stopping.aborted || this.deps.signal.aborted
  }

  private leftMs(): number {
    return Math.max(this.endAtMs - this.deps.now(), 0)
  }
}

/** What a replay sends keeps its order and its distances where the pass begins late; the rest starts when it is due. */
function replayStarts(due: DeliveryDocument[], nowMs: number): (row: DeliveryDocument) => number {
  const isReplayed = (row: DeliveryDocument) => row.replay !== undefined && row.failures === 0
  const first = due.find(isReplayed)
  const lateMs = first ? lateByMs(dueTimeMs(first), nowMs) : 0
  return (row) => dueTimeMs(row) + (isReplayed(row) ? lateMs : 0)
}

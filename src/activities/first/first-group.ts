import { setMaxListeners } from 'node:events'
import type { Carrier } from '../../delivery/types.ts'
import { writeRecord } from '../../models/deliveries/attempt.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { FirstRows } from '../../models/deliveries/first-rows.ts'
import type { DeliveryHistory } from '../../models/deliveries/reads.ts'
import { afterFirst } from '../../models/deliveries/updates.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { Caps } from '../deliver/caps.ts'
import type { ClaimedRow, Made, Sender } from '../deliver/sender.ts'

/** What has no answer by then goes on in its target's own activity, so that a receiver that hangs holds no workflow task. */
const PATIENCE_MS = 1_000
/** A request without an answer after this is shown as open. */
const SHOWN_MS = 200

export type FirstDependencies = {
  sender: Sender
  caps: Caps
  firstRows: FirstRows
  now: () => number
  stopping: AbortSignal
}
/** A delivery that no row shows yet; its row is made when its turn comes, since a wide event has thousands. */
export type FirstRow = { event: string; webhook: WebhookDocument; row: () => DeliveryDocument }

/** The first attempts of one run of a workflow, all at once as far as there are permits. */
export class FirstGroup {
  /** Resolves when each has been answered or is given up here. */
  answered: Promise<unknown> = Promise.resolve()
  private readonly carrier: Carrier
  private readonly deps: FirstDependencies
  /** By webhook, what each delivery's first attempt came to; undefined where none was made here. */
  private readonly targets = new Map<string, Promise<DeliveryHistory | undefined>[]>()
  /** Requests that outlast the patience. */
  private readonly open = new Set<Promise<unknown>>()

  constructor(carrier: Carrier, deps: FirstDependencies) {
    this.carrier = carrier
    this.deps = deps
  }

  begin(rows: FirstRow[]): void {
    const shown = deadline(SHOWN_MS)
    const late = deadline(PATIENCE_MS)
    const sending = rows.map((one) => {
      const made = this.send(one, { shown, late })
      made.catch(() => undefined)
      const { _id } = one.webhook
      const target = this.targets.get(_id) ?? []
      target.push(made)
      this.targets.set(_id, target)
      return made
    })
    this.answered = Promise.allSettled(sending).finally(() => {
      shown.clear()
      late.clear()
    })
  }

  webhooks(): string[] {
    return [...this.targets.keys()]
  }

  /** What the first attempts of this webhook came to, once their rows are stored. Throws what MongoDB refused of them. */
  of(webhook: string): Promise<(DeliveryHistory | undefined)[]> {
    return Promise.all(this.targets.get(webhook) ?? [])
  }

  async ended(): Promise<void> {
    await this.answered
    await Promise.all(this.open)
  }

  private async send(
    { webhook, row }: FirstRow,
    { shown, late }: { shown: Deadline; late: Deadline },
  ): Promise<DeliveryHistory | undefined> {
    const { caps, sender, stopping, firstRows } = this.deps
    const release = await caps.request(webhook, { patienceMs: Infinity, signal: late.signal })
    if (!release || stopping.aborted) {
      release?.()
      await firstRows.insert(row)
      return undefined
    }
    const whole = row()
    const taken = sender.take(whole, webhook)
    const request = sender.make(taken, webhook, { answered: release }).finally(release)
    const made = await Promise.race([request, (shown.signal.aborted ? late : shown).passed]).catch(
      () => null,
    )
    if (made) {
      await this.record(taken, webhook, made)
      return historyOf(whole, made)
    }
    if (made === null) {
      // what cannot be sent is told by its activity, which tries the same
      await firstRows.insert(() => whole).finally(() => sender.over(taken.claim.token))
      return undefined
    }
    const { stored, ended } = this.show(taken, webhook, request)
    await stored
    const unanswered: DeliveryHistory = { row: { _id: whole._id, state: 'pending' }, attempts: [] }
    return await Promise.race([ended, late.passed.then(() => unanswered)])
  }

  /** One write has the row, the attempt's record, and what it made of the row. */
  private async record(taken: ClaimedRow, webhook: WebhookDocument, made: Made): Promise<void> {
    const { firstRows, sender, caps } = this.deps
    const { row, claim } = taken
    const { settlement, attempt } = made
    caps.note(webhook, attempt.code)
    try {
      const stored = await writeRecord(attempt, (one) =>
        firstRows.insert(() => afterFirst(row, one, settlement)),
      )
      if (stored === 'there') await sender.settle(taken, webhook, made)
      else sender.told(row, webhook, made)
    } finally {
      sender.over(claim.token)
    }
  }

  /** A request that takes its time: its row shows the open attempt, and is settled as every other. */
  private show(taken: ClaimedRow, webhook: WebhookDocument, request: Promise<Made | undefined>) {
    const { sender, caps, firstRows } = this.deps
    const { row, claim } = taken
    let isStored = false
    const stored = firstRows.insert(() => this.begun(taken)).finally(() => (isStored = true))
    const settle = async () => {
      const made = await request
      if (made && !isStored) await sender.offer(taken, made)
      await stored
      if (!made) return undefined
      caps.note(webhook, made.attempt.code)
      const became = await sender.settle(taken, webhook, made)
      return became === 'settled' ? historyOf(row, made) : undefined
    }
    const ended = settle().finally(() => sender.over(claim.token))
    const over: Promise<unknown> = ended.catch(() => undefined)
    this.open.add(over)
    void over.finally(() => this.open.delete(over))
    return { stored, ended }
  }

  /**
   * The row of an attempt that is under way. It is not the carrier's activity that makes it: that may run in another process,
   * which believes this one to be alive until the deadline.
   */
  private begun({ row, claim, believedUntilMs }: ClaimedRow): DeliveryDocument {
    const run = `first/${this.carrier.run}`
    const startedAt = new Date(this.deps.now())
    const open = { ...claim, startedAt, until: new Date(believedUntilMs), run }
    return { ...row, attempts: claim.number, open }
  }
}

type Deadline = { signal: AbortSignal; passed: Promise<undefined>; clear: () => void }

/** A time after which none of a group's attempts is waited for; one timer for all of them. */
function deadline(ms: number): Deadline {
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  const timer = setTimeout(() => over.abort(), ms)
  const passed = new Promise<undefined>((resolve) =>
    over.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  )
  return { signal: over.signal, passed, clear: () => clearTimeout(timer) }
}

/** All that there is to tell of a row after its first attempt. */
function historyOf(
  { _id }: DeliveryDocument,
  { settlement, attempt }: Made,
): DeliveryHistory | undefined {
  if (settlement.state === 'unknown') return undefined
  return { row: { _id, ...settlement }, attempts: [attempt] }
}

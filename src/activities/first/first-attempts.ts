import type { DeliverInput, FirstResult, MatchInput, MatchResult } from '../../delivery/contract.ts'
import { shareOf } from '../../delivery/contract.ts'
import type { Carrier } from '../../delivery/types.ts'
import type { DeliveryHistory } from '../../models/deliveries/reads.ts'
import { resultOf } from '../deliver/summary.ts'
import { isUnavailable } from '../../models/patience.ts'
import { type FirstDependencies, FirstGroup, type FirstRow } from './first-group.ts'
import { Overtaken } from '../match/overtaken.ts'
import { UnsentEvents } from './unsent-events.ts'

/** What nobody has asked for is forgotten after this, and what the workflow has heard of after that: its task may time out. */
const FORGET_MS = 30_000
const HEARD_MS = 5_000

/** What matchWebhooks may send at once: deliveries of events that it has stored itself. */
export type First = {
  /** Whether deliveries may be sent at once; else all are stored. */
  begins: boolean
  /** These events are stored, and nothing of them has been sent. */
  stored: (events: string[]) => void
  /** Whether nothing of the event can have been sent yet, by this process or another. */
  isUnsent: (event: string) => boolean
  /** Resolves when all are answered or given up, and their rows written. */
  begin: (rows: FirstRow[]) => Promise<unknown>
}
/** Who asks to match, and since when. */
type From = { first: First; begunMs: number }
export type Match = (input: MatchInput, carrier: Carrier, from: From) => Promise<MatchResult>
type Dependencies = FirstDependencies & {
  /** Ingest hears that the next group may leave, and that these events have had their first attempt. */
  progress: { matched: (workflow: string) => void; attempted: (workflow: string) => void }
}
type Group = {
  matched: Promise<MatchResult>
  sending: FirstGroup
  /** Webhooks whose first attempts the workflow has asked for. */
  heard: Set<string>
}

/**
 * The first attempts of the workflows that begin in this process. Whoever comes first begins them, ingest at the start's
 * answer or the workflow's own activity; the other one takes over what is under way, by the workflow's run.
 */
export class FirstAttempts {
  private readonly groups = new Map<string, Group>()
  private readonly unsent = new UnsentEvents()
  private readonly match: Match
  private readonly deps: Dependencies

  constructor(match: Match, deps: Dependencies) {
    this.match = match
    this.deps = deps
  }

  /** Ingest has started a workflow that runs in this process; it began to at this time. */
  begin(input: MatchInput, carrier: Carrier, begunMs = this.deps.now()): void {
    if (!this.groups.has(keyOf(carrier))) this.start(input, carrier, begunMs)
  }

  /**
   * Fixes what a group of events owes, and begins to send it; takes over what `begin` began, or an earlier workflow task that
   * timed out. What was lost is only stored again, since the activities that found it missing send it.
   */
  matched(input: MatchInput, carrier: Carrier, begunMs = this.deps.now()): Promise<MatchResult> {
    if (input.again) return this.match(input, carrier, { first: this.firstOf(), begunMs })
    const group = this.groups.get(keyOf(carrier)) ?? this.start(input, carrier, begunMs)
    return group.matched
  }

  /** What the first attempts of a target came to; nothing where some are left, or were not made here. */
  async of(input: DeliverInput, carrier: Carrier): Promise<FirstResult> {
    const group = this.groups.get(keyOf(carrier))
    const histories = await group?.sending.of(input.webhook)
    if (group) this.heard(carrier, group, [input.webhook])
    return resultOfAll(input, input.deliveries.length, histories)
  }

  /** The same for each share of a wide event. */
  async ofShares(of: number, carrier: Carrier): Promise<FirstResult[]> {
    const group = this.groups.get(keyOf(carrier))
    const sending = group?.sending
    const shares = Array.from({ length: of }, () => ({ webhooks: 0, histories: [] as Histories }))
    for (const webhook of sending?.webhooks() ?? []) {
      const share = shares[shareOf(webhook, of)]
      if (share) share.webhooks += 1
      share?.histories.push(...((await sending?.of(webhook)) ?? []))
    }
    if (group) this.heard(carrier, group, group.sending.webhooks())
    return shares.map(({ webhooks, histories }, index) => {
      const named = { webhook: `share ${index + 1} of ${of}`, name: `${webhooks} webhooks` }
      const input = { tenant: '', ...named, deliveries: [] }
      return resultOfAll(input, histories.length, sending ? histories : undefined)
    })
  }

  /** Resolves when nothing that was begun here is open any more. */
  async ended(): Promise<void> {
    await Promise.all([...this.groups.values()].map(({ sending }) => sending.ended()))
  }

  /** Without a group nothing is sent at once. */
  private firstOf(sending?: FirstGroup): First {
    return {
      begins: sending !== undefined,
      stored: (events) => this.unsent.add(events),
      isUnsent: (event) => this.unsent.has(event),
      begin: (rows) => {
        for (const { event } of rows) this.unsent.delete(event)
        sending?.begin(rows)
        return sending?.answered ?? Promise.resolve()
      },
    }
  }

  private start(input: MatchInput, carrier: Carrier, begunMs: number): Group {
    const sending = new FirstGroup(carrier, this.deps)
    const matched = this.match(input, carrier, { first: this.firstOf(sending), begunMs })
    const group = { matched, sending, heard: new Set<string>() }
    this.groups.set(keyOf(carrier), group)
    matched.then(
      () => this.followed(carrier, group),
      (error: unknown) => this.failed(carrier, group, error),
    )
    return group
  }

  private followed(carrier: Carrier, group: Group): void {
    const { progress } = this.deps
    const { sending } = group
    void sending.answered.then(() => {
      progress.matched(carrier.workflow)
      progress.attempted(carrier.workflow)
    })
    void sending.ended().then(() => this.forget(carrier, group, FORGET_MS))
  }

  private heard(carrier: Carrier, group: Group, webhooks: string[]): void {
    for (const webhook of webhooks) group.heard.add(webhook)
    const isAll = group.heard.size >= group.sending.webhooks().length
    if (isAll) this.forget(carrier, group, HEARD_MS)
  }

  private forget(carrier: Carrier, group: Group, afterMs: number): void {
    const forget = () => {
      if (this.groups.get(keyOf(carrier)) === group) this.groups.delete(keyOf(carrier))
    }
    setTimeout(forget, afterMs).unref()
  }

  /** The activity's next try begins anew; events that wait for MongoDB only, or are another process's, must not shut ingest. */
  private failed(carrier: Carrier, group: Group, error: unknown): void {
    if (this.groups.get(keyOf(carrier)) === group) this.groups.delete(keyOf(carrier))
    this.deps.progress.matched(carrier.workflow)
    if (isUnavailable(error) || error instanceof Overtaken)
      this.deps.progress.attempted(carrier.workflow)
  }
}

type Histories = (DeliveryHistory | undefined)[]

function resultOfAll(
  input: DeliverInput,
  count: number,
  histories: Histories | undefined,
): FirstResult {
  const made = histories?.filter((one) => one !== undefined) ?? []
  const left = (['retrying', 'pending'] as const).find((state) =>
    made.some(({ row }) => row.state === state),
  )
  if (left) return { left }
  if (!histories || made.length !== count || histories.length !== count) return {}
  return { result: resultOf(input, made) }
}

function keyOf({ workflow, run }: Carrier): string {
  return `${workflow} ${run}`
}

import { setTimeout as sleep } from 'node:timers/promises'
import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import type { Activities, LaneActivities } from '../../../src/delivery/contract.ts'

export const ACTIVITIES = [
  'matchWebhooks',
  'firstAttempts',
  'firstAttemptsOfShares',
  'deliver',
  'deliverShare',
  'awaitResume',
  'awaitLanes',
  'cancelDeliveries',
  'reopen',
  'tryNow',
  'reopenChunk',
  'countChunk',
  'replayPage',
  'cancelReplay',
  'sendHeld',
] as const satisfies (keyof Activities | keyof LaneActivities)[]
type ActivityName = (typeof ACTIVITIES)[number]
/** What one call of an activity does: gives its result, or throws. */
export type Step = (stage: Stage) => unknown
/** The calls of each activity in their order; `deliver wh_1` are those that are about this webhook, share or delivery. */
export type Script = { [name in ActivityName | `${ActivityName} ${string}`]?: Step[] }

/** One run's activities: plays the script, and knows how far it is. */
export class Stage {
  private readonly script: Script
  private readonly begun = new Map<string, number>()
  private readonly gates = new Set<string>()
  private hasEnded = false

  constructor(script: Script) {
    this.script = script
  }

  /** Plays the next step; the last one is played for whatever comes after it too. */
  async play(name: ActivityName, input: unknown): Promise<unknown> {
    const own = `${name} ${subjectOf(input)}`
    const key = own in this.script ? own : name
    const steps = this.script[key as ActivityName]
    const count = this.begun.get(key) ?? 0
    this.begun.set(key, count + 1)
    const step = steps?.[Math.min(count, steps.length - 1)]
    if (!step) throw ApplicationFailure.nonRetryable(`The script has no ${own}.`, 'NoScript')
    return await step(this)
  }

  begunCount(key: string): number {
    return this.begun.get(key) ?? 0
  }

  open(gate: string): void {
    this.gates.add(gate)
  }

  isOpen(gate: string): boolean {
    return this.hasEnded || this.gates.has(gate)
  }

  /** Nothing waits any more. */
  end(): void {
    this.hasEnded = true
  }
}

function subjectOf(input: unknown): string {
  const { webhook, share, delivery } = input as Record<string, unknown>
  return String(webhook ?? share ?? delivery)
}

export const gives =
  (value?: unknown): Step =>
  () =>
    value

/** Fails once and for all. */
export const fails =
  (type: string, details: unknown[] = []): Step =>
  () => {
    throw ApplicationFailure.create({ type, message: type, nonRetryable: true, details })
  }

/** Fails; Temporal tries again. */
export const falters =
  (type: string): Step =>
  () => {
    throw ApplicationFailure.create({ type, message: type, nextRetryDelay: 1 })
  }

/** MongoDB is away: fails, and Temporal waits as the retry policy says. */
export const isAway: Step = () => {
  throw ApplicationFailure.create({ type: 'Away', message: 'Away' })
}

/** Its worker has died: nothing is heard of it any more, until Temporal knows. */
export const dies: Step = async () => {
  const { info, cancellationSignal } = Context.current()
  const { heartbeatTimeoutMs = 0 } = info
  for (const end = Date.now() + heartbeatTimeoutMs + 3_000; Date.now() < end; await sleep(100))
    if (cancellationSignal.aborted) break
  throw ApplicationFailure.nonRetryable('Dead', 'Dead')
}

/** Goes on until the gate is opened, then does this; ends as cancelled where it hears of a cancellation before. */
export const waits =
  (gate: string, then: Step = gives()): Step =>
  async (stage) => {
    const { cancellationSignal, cancelled } = Context.current()
    while (!stage.isOpen(gate)) {
      if (cancellationSignal.aborted) await cancelled
      await beat()
    }
    return await then(stage)
  }

/** As `waits`, but whatever it hears. */
export const insists =
  (gate: string, then: Step = gives()): Step =>
  async (stage) => {
    while (!stage.isOpen(gate)) await beat()
    return await then(stage)
  }

async function beat(): Promise<void> {
  const { info, heartbeat } = Context.current()
  if (!info.isLocal) heartbeat()
  await sleep(50)
}

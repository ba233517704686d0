import { setTimeout as sleep } from 'node:timers/promises'
import type { Load } from '../load/load.ts'
import { newRunPrefix } from '../load/event-id.ts'
import type { AnswerRule, LoadLog, Pace, ReceiptLog } from '../load/plan.ts'
import type { System } from '../systems/system.ts'
import { costFigures, type Figures, tallyFigures } from './figures.ts'
import { type Tally, tallyOf } from './tally.ts'
import { usageOf, usedBetween } from './usage.ts'

/** What has not come so long after the load has ended is lost. */
const DRAIN_MS = 60_000
/** What a system does after a delivery, such as closing its workflow, belongs to its cost. */
const AFTERWARDS_MS = 1_000
const POLL_MS = 50

/** One measurement: who is measured with which load. */
export type Measurement = {
  system: System
  load: Load
  type: string
  pace: Pace
  eventsPerRequest?: number
  /** Webhooks that each event goes to. */
  hooks?: number
  rule?: AnswerRule
}

export type Measured = { log: LoadLog; receipts: ReceiptLog; tally: Tally; figures: Figures }

/** Runs the load, waits until all that was accepted has come, and says what came of it and what it cost. */
export async function measure(measurement: Measurement): Promise<Measured> {
  const { system, load, type, pace, eventsPerRequest = 1, hooks = 1 } = measurement
  const target = system.target(type, eventsPerRequest > 1)
  const { okStatus } = target
  const prefix = newRunPrefix()
  const processes = { ...system.processes(), ...load.processes }
  await load.begin(prefix, measurement.rule ?? { failingTenths: 0 })
  const before = await usageOf(processes)
  const log = await load.run({ target, prefix, eventsPerRequest, pace })
  const accepted = [...log.status].filter((status) => okStatus.includes(status)).length
  await untilDelivered(load, accepted * hooks)
  await sleep(AFTERWARDS_MS)
  const used = usedBetween(before, await usageOf(processes))
  const receipts = await load.receipts()
  const tally = tallyOf(log, receipts, { hooks, okStatus })
  const cost = costFigures(used, tally.accepted, Object.keys(load.processes))
  return { log, receipts, tally, figures: { ...tallyFigures(tally), ...cost } }
}

async function untilDelivered(load: Load, expected: number): Promise<void> {
  const endMs = Date.now() + DRAIN_MS
  while (Date.now() < endMs && (await load.delivered()) < expected) await sleep(POLL_MS)
}

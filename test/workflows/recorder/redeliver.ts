import { FAILURE, type RedeliverInput, type ReopenResult } from '../../../src/delivery/contract.ts'
import { cancelIn, cancelInLocal } from './drives.ts'
import { delivered, failed, limited, type Scenario, target } from './scenario.ts'
import { dies, fails, falters, gives, isAway, type Script, waits } from './stage.ts'

export const again = (n: number, round: RedeliverInput['round'] = 1): RedeliverInput => ({
  tenant: 't',
  delivery: `d${n}`,
  by: 'k',
  round,
})
const reopened = (result: ReopenResult) => gives(result)
export const carried = (n: number) => reopened({ target: target(n), carries: true })
export const carriedByLane = (n: number) => reopened({ target: limited(n), carries: true })
export const isGone = reopened({ target: undefined })
export const isElsewhere = reopened({ target: undefined, elsewhere: 'workflow', attempts: 1 })
export const isInLane = reopened({ target: undefined, elsewhere: 'lane', attempts: 1 })
/** What earlier versions of the activity said, which workflows that they started have in their histories. */
export const earlier = (n: number) => reopened({ target: target(n) })
export const earlierLimited = (n: number) => reopened({ target: limited(n) })

const input = again(1)
const now = again(1, 'now')
const mine = { reopen: [carried(1)] } satisfies Script
const lane = { reopen: [carriedByLane(1)] } satisfies Script
const isSent = gives(delivered(1))
const isPaused = fails(FAILURE.webhookPaused)
const isThrough = gives([delivered(1)])
const cancelDeliveries = [gives()]

const finished: Scenario[] = [
  { path: 'gone', input, script: { reopen: [isGone] } },
  { path: 'delivered', input, script: { ...mine, deliver: [isSent] } },
  {
    path: 'failed',
    input,
    script: { ...mine, deliver: [fails(FAILURE.deliveryFailed, [failed(1)])] },
  },
  { path: 'lane', input, script: { ...lane, awaitLanes: [isThrough] } },
  {
    path: 'paused-resumed',
    input,
    script: { ...mine, deliver: [isPaused, isSent], awaitResume: [gives()] },
  },
  {
    path: 'limited-meanwhile',
    input,
    script: { ...mine, deliver: [fails(FAILURE.webhookLimited)], awaitLanes: [isThrough] },
  },
  { path: 'worker-died', input, script: { ...mine, deliver: [dies, isSent] } },
  { path: 'record-lost', input, script: { ...mine, deliver: [fails(FAILURE.ledgerLost)] } },
  { path: 'lane-record-lost', input, script: { ...lane, awaitLanes: [fails(FAILURE.ledgerLost)] } },
  {
    path: 'reopen-waits-for-mongodb',
    input,
    script: { reopen: [...Array(5).fill(isAway), carried(1)], deliver: [isSent] },
  },
]

const triedNow: Scenario[] = [
  {
    path: 'now-tried',
    input: now,
    script: { reopen: [isElsewhere], tryNow: [falters(FAILURE.notTried), gives('tried')] },
  },
  { path: 'now-in-lane', input: now, script: { reopen: [isInLane] } },
  {
    path: 'now-orphaned-and-taken-over',
    input: now,
    script: { reopen: [isElsewhere, carried(1)], tryNow: [gives('orphaned')], deliver: [isSent] },
  },
  {
    path: 'now-orphaned-and-taken-over-by-lane',
    input: now,
    script: {
      reopen: [isElsewhere, carriedByLane(1)],
      tryNow: [gives('orphaned')],
      awaitLanes: [isThrough],
    },
  },
  {
    path: 'now-orphaned-and-gone',
    input: now,
    script: { reopen: [isElsewhere, isGone], tryNow: [gives('orphaned')] },
  },
  {
    path: 'now-orphaned-again-and-again',
    input: now,
    script: { reopen: [isElsewhere], tryNow: [gives('orphaned')] },
  },
  {
    path: 'now-taken-over-and-paused',
    input: now,
    script: { ...mine, deliver: [isPaused, isSent], awaitResume: [gives()] },
  },
]

const cancelled: Scenario[] = [
  { path: 'cancelled-at-once', input, cancelledAtOnce: true, script: { cancelDeliveries } },
  {
    path: 'cancelled-in-reopen',
    input,
    taskTimeout: '1s',
    script: { cancelDeliveries, reopen: [waits('reopened', carried(1))] },
    drive: cancelInLocal('reopen', 'reopened'),
  },
  {
    path: 'cancelled-in-deliver',
    input,
    script: { ...mine, deliver: [waits('never')], cancelDeliveries },
    drive: cancelIn('deliver'),
  },
  {
    path: 'cancelled-in-lane',
    input,
    script: { ...lane, awaitLanes: [waits('never')], cancelDeliveries },
    drive: cancelIn('awaitLanes'),
  },
  {
    path: 'cancelled-while-paused',
    input,
    script: { ...mine, deliver: [isPaused], awaitResume: [waits('never')], cancelDeliveries },
    drive: cancelIn('awaitResume'),
  },
  {
    path: 'cancelled-while-it-is-tried',
    input: now,
    script: { reopen: [isElsewhere], tryNow: [waits('never')] },
    drive: cancelIn('tryNow'),
  },
]

/** Once around, and the row stays with whoever has it: begun by an earlier version. */
const begunEarlier: Scenario[] = [
  {
    path: 'earlier-once-left',
    input: now,
    script: { reopen: [earlier(1)], deliver: [falters(FAILURE.attemptsLeft)] },
  },
  {
    path: 'earlier-once-paused',
    input: now,
    script: { reopen: [earlier(1)], deliver: [isPaused] },
  },
  { path: 'earlier-once-limited', input: now, script: { reopen: [earlierLimited(1)] } },
  {
    path: 'earlier-once-worker-died',
    input: now,
    script: { reopen: [earlier(1)], deliver: [dies, falters(FAILURE.attemptsLeft)] },
  },
]

export const redeliver: Scenario[] = [...finished, ...triedNow, ...cancelled, ...begunEarlier]

import { FAILURE, type RedeliverInput } from '../../../src/delivery/contract.ts'
import { cancelIn } from './drives.ts'
import {
  again,
  carried,
  carriedByLane,
  earlier,
  earlierLimited,
  isElsewhere,
  isGone,
  isInLane,
} from './redeliver.ts'
import { delivered, failed, type Scenario } from './scenario.ts'
import { dies, fails, falters, gives, type Script, waits } from './stage.ts'

const of = (deliveries: RedeliverInput[], ownerRuns = false) => ({ deliveries, ownerRuns })
const both = of([again(1), again(2)])
const reopenBoth = { 'reopen d1': [carried(1)], 'reopen d2': [carried(2)] } satisfies Script
const isSent = gives(delivered(1))
const cancelDeliveries = [gives()]

export const rerun: Scenario[] = [
  { path: 'nothing', input: of([]), script: {} },
  { path: 'one', input: of([again(1)]), script: { reopen: [carried(1)], deliver: [isSent] } },
  {
    path: 'several',
    input: of([again(1), again(2), again(3), again(4), again(5), again(6, 'now'), again(7, 'now')]),
    script: {
      'reopen d1': [carried(1)],
      'reopen d2': [isGone],
      'reopen d3': [carriedByLane(3)],
      'reopen d4': [carried(4)],
      'reopen d5': [carried(5)],
      'reopen d6': [isElsewhere],
      'reopen d7': [isInLane],
      'deliver wh_1': [isSent],
      'deliver wh_4': [fails(FAILURE.webhookPaused), isSent],
      'deliver wh_5': [fails(FAILURE.deliveryFailed, [failed(5)])],
      awaitLanes: [gives([delivered(3)])],
      awaitResume: [gives()],
      tryNow: [gives('tried')],
    },
  },
  {
    path: 'one-orphaned-and-taken-over',
    input: of([again(1, 'now'), again(2)]),
    script: {
      'reopen d1': [isElsewhere, carried(1)],
      'reopen d2': [carried(2)],
      tryNow: [gives('orphaned')],
      deliver: [isSent],
    },
  },
  {
    path: 'worker-died-and-record-lost',
    input: both,
    script: {
      ...reopenBoth,
      'deliver wh_1': [dies, isSent],
      'deliver wh_2': [fails(FAILURE.ledgerLost)],
    },
  },
  {
    path: 'cancelled',
    input: both,
    script: { ...reopenBoth, deliver: [waits('never')], cancelDeliveries },
    drive: cancelIn('deliver', 2),
  },
  {
    path: 'cancelled-when-one-is-delivered',
    input: both,
    script: {
      ...reopenBoth,
      'deliver wh_1': [isSent],
      'deliver wh_2': [waits('never')],
      cancelDeliveries,
    },
    async drive(run) {
      await run.recorded('ACTIVITY_TASK_COMPLETED')
      await cancelIn('deliver wh_2')(run)
    },
  },
  {
    path: 'cancelled-in-lane-and-while-it-is-tried',
    input: of([again(1), again(2, 'now')]),
    script: {
      'reopen d1': [carriedByLane(1)],
      'reopen d2': [isElsewhere],
      awaitLanes: [waits('never')],
      tryNow: [waits('never')],
      cancelDeliveries,
    },
    async drive(run) {
      await run.begun('awaitLanes')
      await cancelIn('tryNow')(run)
    },
  },
  {
    path: 'earlier-owner-runs',
    input: of([again(1, 'now'), again(2, 'now'), again(3)], true),
    script: {
      'reopen d1': [earlier(1)],
      'reopen d2': [earlierLimited(2)],
      'reopen d3': [earlier(3)],
      'deliver wh_1': [falters(FAILURE.attemptsLeft)],
      'deliver wh_3': [isSent],
    },
  },
  {
    path: 'earlier-owner-has-ended',
    input: of([again(1, 'now')]),
    script: {
      reopen: [earlier(1)],
      deliver: [fails(FAILURE.webhookPaused), isSent],
      awaitResume: [gives()],
    },
  },
]

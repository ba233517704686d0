import { FAILURE } from '../../../src/delivery/contract.ts'
import { delivered, event, failed, limited, matched, type Scenario, target } from './scenario.ts'
import { cancelIn, cancelInLocal, cancelUnheard } from './drives.ts'
import { deliverShares } from './deliver-shares.ts'
import { firstAttempts } from './first-attempts.ts'
import { dies, fails, falters, gives, insists, isAway, type Script, waits } from './stage.ts'

const input = { events: [event(1)] }
const one = { matchWebhooks: [gives(matched([target(1)]))] } satisfies Script
const two = { matchWebhooks: [gives(matched([target(1), target(2)]))] } satisfies Script
const lane = { matchWebhooks: [gives(matched([limited(1)]))] } satisfies Script
const lanes = { matchWebhooks: [gives(matched([limited(1), limited(2)]))] } satisfies Script
const isSent = gives(delivered(1))
const isFailed = fails(FAILURE.deliveryFailed, [failed(1)])
const areThrough = gives([delivered(1), delivered(2)])
const isLost = fails(FAILURE.ledgerLost)
const isPaused = fails(FAILURE.webhookPaused)
const cancelDeliveries = [gives()]

const plain: Scenario[] = [
  { path: 'no-match', input, script: { matchWebhooks: [gives(matched([]))] } },
  { path: 'delivered', input, script: { ...one, deliver: [isSent] } },
  {
    path: 'delivered-to-several',
    input: { events: [event(1), event(2)] },
    script: {
      matchWebhooks: [gives(matched([target(1), target(2), target(3)]))],
      deliver: [isSent],
    },
  },
  { path: 'failed', input, script: { ...one, deliver: [isFailed] } },
  {
    path: 'one-of-several-fails-first',
    input,
    script: { ...two, 'deliver wh_1': [isFailed], 'deliver wh_2': [waits('later', isSent)] },
    async drive(run) {
      await run.recorded('UPSERT_WORKFLOW_SEARCH_ATTRIBUTES')
      run.open('later')
    },
  },
  {
    path: 'one-fails-after-another',
    input,
    script: { ...two, 'deliver wh_1': [isFailed], 'deliver wh_2': [waits('later', isFailed)] },
    async drive(run) {
      await run.recorded('UPSERT_WORKFLOW_SEARCH_ATTRIBUTES')
      run.open('later')
    },
  },
  {
    path: 'match-waits-for-mongodb',
    input,
    script: {
      ...one,
      matchWebhooks: [...Array(5).fill(isAway), ...one.matchWebhooks],
      deliver: [isSent],
    },
  },
  {
    path: 'count-ran-out',
    input,
    script: {
      matchWebhooks: [
        gives(matched([target(1, { policy: { ...target(1).policy, maximumAttempts: 2 } })])),
      ],
      deliver: [falters(FAILURE.attemptsLeft), falters(FAILURE.attemptsLeft), isSent],
    },
  },
  { path: 'worker-died', input, script: { ...one, deliver: [dies, isSent] } },
  {
    path: 'worker-died-and-one-fails',
    input,
    script: { ...two, 'deliver wh_1': [dies, isFailed], 'deliver wh_2': [isSent] },
  },
  {
    path: 'reset',
    input,
    script: { ...one, deliver: [isFailed, isSent] },
    async drive(run) {
      await run.recorded('WORKFLOW_EXECUTION_FAILED')
      await run.reset()
    },
  },
  {
    path: 'reset-mended',
    input,
    script: {
      matchWebhooks: [
        gives(matched([target(1)])),
        gives({ ...matched([target(1)]), reset: true as const }),
      ],
      deliver: [isFailed, isSent],
    },
    async drive(run) {
      await run.recorded('WORKFLOW_EXECUTION_FAILED')
      await run.reset()
    },
  },
]

const pausedOrLimited: Scenario[] = [
  {
    path: 'paused-resumed',
    input,
    script: {
      ...one,
      deliver: [isPaused, isSent],
      awaitResume: [falters('WebhookPaused'), gives()],
    },
  },
  {
    path: 'paused-resumed-limited',
    input,
    script: {
      ...one,
      deliver: [isPaused, fails(FAILURE.webhookLimited)],
      awaitResume: [gives()],
      awaitLanes: [gives([delivered(1)])],
    },
  },
  {
    path: 'worker-died-then-paused',
    input,
    script: { ...one, deliver: [dies, isPaused, isSent], awaitResume: [gives()] },
  },
  {
    path: 'limited-meanwhile',
    input,
    script: {
      ...one,
      deliver: [fails(FAILURE.webhookLimited)],
      awaitLanes: [gives([delivered(1)])],
    },
  },
  { path: 'lane', input, script: { ...lane, awaitLanes: [gives([delivered(1)])] } },
  { path: 'lanes', input, script: { ...lanes, awaitLanes: [areThrough] } },
  { path: 'lane-failed', input, script: { ...lane, awaitLanes: [gives([failed(1)])] } },
  {
    path: 'lane-before-target',
    input,
    script: {
      matchWebhooks: [gives(matched([limited(1), target(2)]))],
      awaitLanes: [gives([delivered(1)])],
      deliver: [waits('later', isSent)],
    },
    async drive(run) {
      await run.recorded('ACTIVITY_TASK_COMPLETED')
      run.open('later')
    },
  },
  {
    path: 'lanes-after-target-that-fails',
    input,
    script: {
      matchWebhooks: [gives(matched([limited(1), target(3), limited(2)]))],
      awaitLanes: [waits('later', gives([failed(1), delivered(2)]))],
      deliver: [isFailed],
    },
    async drive(run) {
      await run.recorded('UPSERT_WORKFLOW_SEARCH_ATTRIBUTES')
      run.open('later')
    },
  },
]

const lost: Scenario[] = [
  { path: 'record-lost-and-remade', input, script: { ...one, deliver: [isLost, isSent] } },
  { path: 'record-lost-for-good', input, script: { ...one, deliver: [isLost] } },
  {
    path: 'record-of-one-of-several-lost',
    input,
    script: { ...two, 'deliver wh_1': [isLost, isSent], 'deliver wh_2': [isSent] },
  },
  {
    path: 'lane-record-lost-and-remade',
    input,
    script: { ...lane, awaitLanes: [isLost, gives([delivered(1)])] },
  },
  { path: 'lanes-record-lost-for-good', input, script: { ...lanes, awaitLanes: [isLost] } },
  {
    path: 'limited-meanwhile-record-lost-and-remade',
    input,
    script: {
      ...one,
      deliver: [fails(FAILURE.webhookLimited)],
      awaitLanes: [isLost, gives([delivered(1)])],
    },
  },
]

const cancelled: Scenario[] = [
  { path: 'cancelled-at-once', input, cancelledAtOnce: true, script: { ...one, cancelDeliveries } },
  {
    path: 'cancelled-at-once-lanes',
    input,
    cancelledAtOnce: true,
    script: { ...lanes, cancelDeliveries },
  },
  {
    path: 'cancelled-at-once-no-match',
    input,
    cancelledAtOnce: true,
    script: { matchWebhooks: [gives(matched([]))] },
  },
  {
    path: 'cancelled-in-match',
    input,
    taskTimeout: '1s',
    script: { matchWebhooks: [insists('matched', ...one.matchWebhooks)], cancelDeliveries },
    drive: cancelInLocal('matchWebhooks', 'matched'),
  },
  {
    path: 'cancelled-in-deliver',
    input,
    script: { ...one, deliver: [waits('never')], cancelDeliveries },
    drive: cancelIn('deliver'),
  },
  {
    path: 'cancelled-in-deliver-of-several',
    input,
    script: { ...two, deliver: [waits('never')], cancelDeliveries },
    drive: cancelIn('deliver', 2),
  },
  {
    path: 'cancelled-in-one-before-another',
    input,
    script: {
      ...two,
      'deliver wh_1': [waits('never')],
      'deliver wh_2': [insists('left', falters(FAILURE.attemptsLeft))],
      cancelDeliveries,
    },
    async drive(run) {
      await run.begun('deliver wh_1')
      await cancelIn('deliver wh_2')(run)
      await run.recorded('MARKER_RECORDED', 3)
      run.open('left')
    },
  },
  {
    path: 'cancelled-when-one-is-delivered',
    input,
    script: {
      ...two,
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
    path: 'cancelled-but-delivered',
    input,
    script: { ...one, deliver: [insists('sent', isSent)] },
    drive: cancelUnheard('deliver', 'sent'),
  },
  {
    path: 'cancelled-before-a-retry',
    input,
    script: { ...one, deliver: [insists('left', falters(FAILURE.attemptsLeft))], cancelDeliveries },
    drive: cancelUnheard('deliver', 'left'),
  },
  {
    path: 'cancelled-in-lanes',
    input,
    script: { ...lanes, awaitLanes: [waits('never')], cancelDeliveries },
    drive: cancelIn('awaitLanes'),
  },
  {
    path: 'cancelled-in-lanes-unheard',
    input,
    script: {
      ...lanes,
      awaitLanes: [insists('held', falters(FAILURE.stillHeld))],
      cancelDeliveries,
    },
    drive: cancelUnheard('awaitLanes', 'held'),
  },
  {
    path: 'cancelled-in-lane-and-deliver',
    input,
    script: {
      matchWebhooks: [gives(matched([limited(1), target(2)]))],
      awaitLanes: [waits('never')],
      deliver: [waits('never')],
      cancelDeliveries,
    },
    async drive(run) {
      await run.begun('awaitLanes')
      await cancelIn('deliver')(run)
    },
  },
  {
    path: 'cancelled-while-mongodb-is-away',
    input,
    script: {
      ...one,
      deliver: [waits('never')],
      cancelDeliveries: [isAway, isAway, isAway, gives()],
    },
    drive: cancelIn('deliver'),
  },
  {
    path: 'cancelled-while-paused',
    input,
    script: { ...one, deliver: [isPaused], awaitResume: [waits('never')], cancelDeliveries },
    drive: cancelIn('awaitResume'),
  },
  {
    path: 'cancelled-while-record-is-remade',
    input,
    taskTimeout: '1s',
    script: {
      matchWebhooks: [...one.matchWebhooks, insists('matched', ...one.matchWebhooks)],
      deliver: [isLost],
      cancelDeliveries,
    },
    drive: cancelInLocal('matchWebhooks', 'matched', { call: 2, tasks: 3 }),
  },
]

export const deliverEvents: Scenario[] = [
  ...plain,
  ...pausedOrLimited,
  ...lost,
  ...cancelled,
  ...deliverShares,
  ...firstAttempts,
]

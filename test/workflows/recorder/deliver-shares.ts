import { FAILURE } from '../../../src/delivery/contract.ts'
import { cancelIn, cancelUnheard } from './drives.ts'
import { delivered, event, failed, matched, type Scenario } from './scenario.ts'
import { dies, fails, falters, gives, insists, waits } from './stage.ts'

const input = { events: [event(1)] }
const matchWebhooks = [gives(matched([], 2))]
const cancelDeliveries = [gives()]
const isSent = gives(delivered(1))
const isFailed = fails(FAILURE.deliveryFailed, [failed(1)])
const isLost = fails(FAILURE.ledgerLost)

/** Wide events, which activities share. */
export const deliverShares: Scenario[] = [
  { path: 'shares-delivered', input, script: { matchWebhooks, deliverShare: [isSent] } },
  {
    path: 'one-share-fails-first',
    input,
    script: {
      matchWebhooks,
      'deliverShare 0': [isFailed],
      'deliverShare 1': [waits('later', isSent)],
    },
    async drive(run) {
      await run.recorded('UPSERT_WORKFLOW_SEARCH_ATTRIBUTES')
      run.open('later')
    },
  },
  {
    path: 'one-share-fails-after-another',
    input,
    script: {
      matchWebhooks,
      'deliverShare 0': [isFailed],
      'deliverShare 1': [waits('later', isFailed)],
    },
    async drive(run) {
      await run.recorded('UPSERT_WORKFLOW_SEARCH_ATTRIBUTES')
      run.open('later')
    },
  },
  {
    path: 'share-worker-died',
    input,
    script: { matchWebhooks, 'deliverShare 0': [dies, isSent], 'deliverShare 1': [isSent] },
  },
  {
    path: 'share-record-lost-and-remade',
    input,
    script: { matchWebhooks, 'deliverShare 0': [isLost, isSent], 'deliverShare 1': [isSent] },
  },
  {
    path: 'share-record-lost-for-good',
    input,
    script: {
      matchWebhooks,
      'deliverShare 0': [isLost],
      'deliverShare 1': [waits('later', isSent)],
    },
    async drive(run) {
      await run.recorded('MARKER_RECORDED', 5)
      run.open('later')
    },
  },
  {
    path: 'share-record-lost-for-good-and-another-goes-on',
    input,
    script: {
      matchWebhooks,
      'deliverShare 0': [isLost],
      'deliverShare 1': [waits('later', fails(FAILURE.attemptsLeft)), isSent],
    },
    async drive(run) {
      await run.recorded('MARKER_RECORDED', 5)
      run.open('later')
    },
  },
  {
    path: 'shares-cancelled',
    input,
    script: { matchWebhooks, deliverShare: [waits('never')], cancelDeliveries },
    drive: cancelIn('deliverShare', 2),
  },
  {
    path: 'shares-cancelled-when-one-is-delivered',
    input,
    script: {
      matchWebhooks,
      'deliverShare 0': [isSent],
      'deliverShare 1': [waits('never')],
      cancelDeliveries,
    },
    async drive(run) {
      await run.recorded('ACTIVITY_TASK_COMPLETED')
      await cancelIn('deliverShare 1')(run)
    },
  },
  {
    path: 'share-cancelled-before-a-retry',
    input,
    script: {
      matchWebhooks: [gives(matched([], 1))],
      deliverShare: [insists('left', falters(FAILURE.attemptsLeft))],
      cancelDeliveries,
    },
    drive: cancelUnheard('deliverShare', 'left'),
  },
  {
    path: 'shares-cancelled-at-once',
    input,
    cancelledAtOnce: true,
    script: { matchWebhooks, cancelDeliveries },
  },
]

import { FAILURE } from '../../../src/delivery/contract.ts'
import { cancelInLocal } from './drives.ts'
import {
  begun,
  delivered,
  event,
  failed,
  limited,
  matched,
  type Scenario,
  target,
} from './scenario.ts'
import { fails, gives, insists, isAway, type Step } from './stage.ts'

const input = { events: [event(1)] }
const isSent = gives(delivered(1))
const made = gives({ result: delivered(1) })
const isLeft = gives({})
const one = [gives(begun(matched([target(1)])))]
const two = [gives(begun(matched([target(1), target(2)])))]
const wide = [gives(begun(matched([], 2)))]
const cancelDeliveries = [gives()]
const isRetrying = gives({ left: 'retrying' })
const isPending = gives({ left: 'pending' })

/** What the process began before the workflow did. */
export const firstAttempts: Scenario[] = [
  { path: 'first-attempt-delivers', input, script: { matchWebhooks: one, firstAttempts: [made] } },
  {
    path: 'first-attempt-fails',
    input,
    script: { matchWebhooks: one, firstAttempts: [gives({ result: failed(1) })] },
  },
  {
    path: 'first-attempt-leaves-the-rest',
    input,
    script: { matchWebhooks: one, firstAttempts: [isLeft], deliver: [isSent] },
  },
  {
    path: 'first-attempt-leaves-one-of-several',
    input,
    script: {
      matchWebhooks: two,
      'firstAttempts wh_1': [made],
      'firstAttempts wh_2': [isLeft],
      deliver: [fails(FAILURE.deliveryFailed, [failed(2)])],
    },
  },
  {
    path: 'first-attempt-fails-and-is-mended',
    input,
    script: { matchWebhooks: one, firstAttempts: [isRetrying], deliver: [isSent] },
  },
  {
    path: 'first-attempt-hangs-and-another-fails',
    input,
    script: {
      matchWebhooks: two,
      'firstAttempts wh_1': [isPending],
      'firstAttempts wh_2': [isRetrying],
      'deliver wh_1': [isSent],
      'deliver wh_2': [fails(FAILURE.deliveryFailed, [failed(2)])],
    },
  },
  {
    path: 'first-attempt-fails-and-the-rest-is-cancelled',
    input,
    script: {
      matchWebhooks: one,
      firstAttempts: [isRetrying],
      deliver: [gives({ ...delivered(1), delivered: 0, other: 1 })],
    },
  },
  {
    path: 'first-attempt-of-a-share-fails-and-is-mended',
    input,
    script: {
      matchWebhooks: wide,
      firstAttemptsOfShares: [gives([{ result: delivered(1) }, { left: 'retrying' }])],
      deliverShare: [isSent],
    },
  },
  {
    path: 'first-attempt-beside-a-lane',
    input,
    script: {
      matchWebhooks: [gives(begun(matched([target(1), limited(2)])))],
      firstAttempts: [made],
      awaitLanes: [gives([delivered(2)])],
    },
  },
  {
    path: 'first-attempt-waits-for-mongodb',
    input,
    script: { matchWebhooks: one, firstAttempts: [...Array<Step>(5).fill(isAway), made] },
  },
  {
    path: 'first-attempts-of-shares',
    input,
    script: {
      matchWebhooks: wide,
      firstAttemptsOfShares: [gives([{ result: delivered(1) }, { result: delivered(2) }])],
    },
  },
  {
    path: 'first-attempts-leave-a-share',
    input,
    script: {
      matchWebhooks: wide,
      firstAttemptsOfShares: [gives([{ result: delivered(1) }, {}])],
      deliverShare: [isSent],
    },
  },
  {
    path: 'cancelled-in-first-attempt',
    input,
    taskTimeout: '1s',
    script: { matchWebhooks: one, firstAttempts: [insists('made', made)] },
    drive: cancelInLocal('firstAttempts', 'made'),
  },
  {
    path: 'cancelled-after-first-attempt',
    input,
    taskTimeout: '1s',
    script: { matchWebhooks: one, firstAttempts: [insists('made', isLeft)], cancelDeliveries },
    drive: cancelInLocal('firstAttempts', 'made'),
  },
]

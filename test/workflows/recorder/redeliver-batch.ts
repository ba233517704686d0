import { FAILURE, type ReplayChunk, type TargetDeliveries } from '../../../src/delivery/contract.ts'
import { cancelIn, cancelInLocal, cancelUnheard } from './drives.ts'
import { delivered, failed, limited, type Scenario, target } from './scenario.ts'
import {
  dies,
  fails,
  falters,
  gives,
  insists,
  isAway,
  type Script,
  type Step,
  waits,
} from './stage.ts'

const input: ReplayChunk = { tenant: 't', replay: 'r', page: 0, chunk: 0, items: [] }
const owes = (...targets: TargetDeliveries[]): Step => gives({ targets })
const countChunk = [gives()]
const cancelDeliveries = [gives()]
const free = { reopenChunk: [owes(target(1), target(2))], countChunk } satisfies Script
const lanes = { reopenChunk: [owes(limited(1), limited(2))], countChunk } satisfies Script
const mixed = { reopenChunk: [owes(limited(1), target(2))], countChunk } satisfies Script
const isSent = gives(delivered(1))
const isLeft = falters(FAILURE.attemptsLeft)
const isPaused = fails(FAILURE.webhookPaused)
const isLost = fails(FAILURE.ledgerLost)
const isThrough = gives([delivered(1)])

const finished: Scenario[] = [
  { path: 'nothing-to-send', input, script: { reopenChunk: [owes()], countChunk } },
  { path: 'delivered', input, script: { ...free, deliver: [isSent] } },
  {
    path: 'failed',
    input,
    script: {
      ...free,
      'deliver wh_1': [isSent],
      'deliver wh_2': [fails(FAILURE.deliveryFailed, [failed(2)])],
    },
  },
  {
    path: 'retried',
    input,
    script: { ...free, 'deliver wh_1': [isSent], 'deliver wh_2': [isLeft, isSent] },
  },
  {
    path: 'worker-died',
    input,
    script: { ...free, 'deliver wh_1': [dies, isSent], 'deliver wh_2': [isSent] },
  },
  {
    path: 'retried-and-worker-died',
    input,
    script: { ...free, 'deliver wh_1': [isSent], 'deliver wh_2': [isLeft, dies, isSent] },
  },
  {
    path: 'paused-resumed',
    input,
    script: {
      ...free,
      'deliver wh_1': [isSent],
      'deliver wh_2': [isPaused, isPaused, isSent],
      awaitResume: [gives()],
    },
  },
  {
    path: 'limited-meanwhile',
    input,
    script: {
      ...free,
      'deliver wh_1': [fails(FAILURE.webhookLimited)],
      'deliver wh_2': [isSent],
      awaitLanes: [isThrough],
    },
  },
  {
    path: 'record-lost',
    input,
    script: { ...free, 'deliver wh_1': [isSent], 'deliver wh_2': [isLost] },
  },
  {
    path: 'reopen-waits-for-mongodb',
    input,
    script: {
      ...free,
      reopenChunk: [...Array(5).fill(isAway), owes(target(1))],
      deliver: [isSent],
    },
  },
]

const throughLanes: Scenario[] = [
  { path: 'lanes', input, script: { ...lanes, awaitLanes: [gives([delivered(1), delivered(2)])] } },
  { path: 'lanes-record-lost', input, script: { ...lanes, awaitLanes: [isLost] } },
  {
    path: 'lane-before-free',
    input,
    script: { ...mixed, awaitLanes: [isThrough], deliver: [waits('later', isSent)] },
    async drive(run) {
      await run.recorded('ACTIVITY_TASK_COMPLETED')
      run.open('later')
    },
  },
  {
    path: 'lane-after-free',
    input,
    script: { ...mixed, awaitLanes: [waits('later', isThrough)], deliver: [isSent] },
    async drive(run) {
      await run.recorded('MARKER_RECORDED', 2)
      run.open('later')
    },
  },
  {
    path: 'lane-after-free-that-is-retried',
    input,
    script: { ...mixed, awaitLanes: [waits('later', isThrough)], deliver: [isLeft, isSent] },
    async drive(run) {
      await run.recorded('MARKER_RECORDED', 3)
      run.open('later')
    },
  },
]

const cancelled: Scenario[] = [
  {
    path: 'cancelled-at-once',
    input,
    cancelledAtOnce: true,
    script: { cancelDeliveries, countChunk },
  },
  {
    path: 'cancelled-in-reopen',
    input,
    taskTimeout: '1s',
    script: { cancelDeliveries, ...free, reopenChunk: [waits('reopened', ...free.reopenChunk)] },
    drive: cancelInLocal('reopenChunk', 'reopened'),
  },
  {
    path: 'cancelled-in-reopen-unheard',
    input,
    taskTimeout: '1s',
    script: { cancelDeliveries, countChunk, reopenChunk: [insists('away', isAway)] },
    drive: cancelInLocal('reopenChunk', 'away'),
  },
  {
    path: 'cancelled-in-deliver',
    input,
    script: { ...free, deliver: [waits('never')], cancelDeliveries },
    drive: cancelIn('deliver', 2),
  },
  {
    path: 'cancelled-before-a-retry',
    input,
    script: {
      reopenChunk: [owes(target(1))],
      countChunk,
      deliver: [insists('left', isLeft)],
      cancelDeliveries,
    },
    drive: cancelUnheard('deliver', 'left'),
  },
  {
    path: 'cancelled-in-a-retry',
    input,
    script: {
      ...free,
      'deliver wh_1': [isSent],
      'deliver wh_2': [isLeft, waits('never')],
      cancelDeliveries,
    },
    drive: cancelIn('deliver wh_2', 2),
  },
  {
    path: 'cancelled-while-paused',
    input,
    script: {
      reopenChunk: [owes(target(1))],
      countChunk,
      deliver: [isPaused],
      awaitResume: [waits('never')],
      cancelDeliveries,
    },
    drive: cancelIn('awaitResume'),
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
    path: 'cancelled-in-deliver-before-its-lane',
    input,
    script: {
      ...mixed,
      awaitLanes: [insists('held', falters(FAILURE.stillHeld))],
      deliver: [waits('never')],
      cancelDeliveries,
    },
    async drive(run) {
      await run.begun('awaitLanes')
      await cancelIn('deliver')(run)
      await run.recorded('MARKER_RECORDED', 3)
      run.open('held')
    },
  },
  {
    path: 'cancelled-in-lane-before-deliver',
    input,
    script: {
      ...mixed,
      awaitLanes: [waits('never')],
      deliver: [insists('sent', isSent)],
      cancelDeliveries,
    },
    async drive(run) {
      await run.begun('deliver')
      await cancelIn('awaitLanes')(run)
      await run.recorded('MARKER_RECORDED', 2)
      run.open('sent')
    },
  },
  {
    path: 'cancelled-in-lane-and-deliver',
    input,
    script: { ...mixed, awaitLanes: [waits('never')], deliver: [waits('never')], cancelDeliveries },
    async drive(run) {
      await run.begun('awaitLanes')
      await cancelIn('deliver')(run)
    },
  },
]

export const redeliverBatch: Scenario[] = [...finished, ...throughLanes, ...cancelled]

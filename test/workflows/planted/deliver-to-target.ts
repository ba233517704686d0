import { type BreakingChange, inFile } from './change.ts'

const target = inFile('workflows/deliver-to-target.ts')
const lanes = inFile('workflows/await-lanes.ts')
const importSleep: [string, string] = ['  patched,\n', '  patched,\n  sleep,\n']

export const deliverToTargetChanges: BreakingChange[] = [
  {
    what: 'a lost record is made again once less',
    edits: target(['REMAKES_MOST = 3', 'REMAKES_MOST = 2']),
    caughtBy: ['deliverEvents-record-lost-for-good', 'deliverEvents-lanes-record-lost-for-good'],
  },
  {
    what: 'a lost record is given up at once',
    edits: target(['if (!group || remakes > REMAKES_MOST) return undefined', 'return undefined']),
    caughtBy: ['deliverEvents-record-lost-and-remade'],
  },
  {
    what: 'a lane whose record is lost is awaited again without making it again',
    edits: target([
      'if (!group || remakes >= REMAKES_MOST) return undefined\n      await group.remake()\n',
      'if (!group || remakes >= REMAKES_MOST) return undefined\n',
    ]),
    caughtBy: ['deliverEvents-lane-record-lost-and-remade'],
  },
  {
    what: 'a cancelled activity leaves its deliveries as they are',
    edits: target([
      'if (isCancellation(error)) return await cancelled(target, group, error)',
      'if (isCancellation(error)) throw error',
    ]),
    caughtBy: [
      'deliverEvents-cancelled-in-deliver',
      'redeliver-cancelled-in-deliver',
      'redeliverBatch-cancelled-in-a-retry',
    ],
  },
  {
    what: 'deliveries are cancelled by an activity of the task queue',
    edits: target([
      "const { cancelDeliveries } = proxyLocalActivities<Activities>({\n  startToCloseTimeout: '10s',\n  localRetryThreshold: '1s',\n})",
      "const { cancelDeliveries } = proxyActivities<Activities>({\n  startToCloseTimeout: '10s',\n})",
    ]),
    caughtBy: ['deliverEvents-cancelled-in-deliver', 'redeliver-cancelled-in-lane'],
  },
  {
    what: 'the cancellation cuts the cancelling of the deliveries',
    edits: target([
      'await CancellationScope.nonCancellable(() => cancelDeliveries(input))',
      'await cancelDeliveries(input)',
    ]),
    caughtBy: ['deliverEvents-cancelled-in-deliver', 'rerun-cancelled'],
  },
  {
    what: 'a paused webhook is sent to again at once',
    edits: target([
      'if (failure?.type === FAILURE.webhookPaused) await resumedOrCancelled(target, group)',
      '',
    ]),
    caughtBy: ['deliverEvents-paused-resumed', 'redeliver-paused-resumed'],
  },
  {
    what: 'a timer waits while a webhook is paused',
    edits: target(importSleep, [
      'FAILURE.webhookPaused) await resumedOrCancelled(target, group)',
      "FAILURE.webhookPaused) await sleep('30s')",
    ]),
    caughtBy: ['deliverEvents-paused-resumed', 'redeliverBatch-paused-resumed'],
  },
  {
    what: 'the step after a worker has died waits for a moment',
    edits: target(importSleep, [
      'maximumAttempts = once ? 1 : 0\n',
      "maximumAttempts = once ? 1 : 0\n      if (failure === undefined) await sleep('1s')\n",
    ]),
    caughtBy: ['deliverEvents-worker-died', 'redeliver-worker-died'],
  },
  {
    what: 'the step after a worker has died asks first whether the webhook is paused',
    edits: target([
      'if (failure?.type === FAILURE.webhookPaused)',
      'if (!failure || failure.type === FAILURE.webhookPaused)',
    ]),
    caughtBy: ['deliverEvents-worker-died', 'redeliverBatch-retried-and-worker-died'],
  },
  {
    what: 'an activity whose count ran out is followed by a pause',
    edits: target(importSleep, [
      'maximumAttempts = once ? 1 : 0\n',
      "maximumAttempts = once ? 1 : 0\n      if (failure?.type === FAILURE.attemptsLeft) await sleep('1s')\n",
    ]),
    caughtBy: ['deliverEvents-count-ran-out'],
  },
  {
    what: 'a webhook that gets a rate limit is sent to again',
    edits: target([
      'if (failure?.type === FAILURE.webhookLimited)\n        return (await throughLanesOrCancel([target], group))?.[0]\n',
      '',
    ]),
    caughtBy: ['deliverEvents-limited-meanwhile', 'redeliver-limited-meanwhile'],
  },
  {
    what: 'once around is also carried through',
    edits: target(['      if (once && failure !== undefined) return undefined\n', '']),
    caughtBy: ['redeliverBatch-retried', 'redeliver-earlier-once-left'],
  },
  {
    what: 'once around ends with a death of its worker',
    edits: target(['if (once && failure !== undefined) return', 'if (once) return']),
    caughtBy: ['redeliverBatch-worker-died', 'redeliver-earlier-once-worker-died'],
  },
  {
    what: 'a cancelled lane cancels the deliveries of all its webhooks together',
    edits: target([
      'for (const target of targets) await cancelDeliveriesOf(target, group)',
      'await cancelDeliveriesOf({ ...targets[0]!, deliveries: targets.flatMap((one) => one.deliveries) })',
    ]),
    caughtBy: ['deliverEvents-cancelled-in-lanes', 'redeliverBatch-cancelled-in-lanes'],
  },
  {
    what: 'a cancelled lane leaves its deliveries as they are',
    edits: target([
      '        for (const target of targets) await cancelDeliveriesOf(target, group)\n',
      '',
    ]),
    caughtBy: ['deliverEvents-cancelled-in-lanes', 'redeliver-cancelled-in-lane'],
  },
  {
    what: 'a lane that did not hear of the cancellation fails the workflow',
    edits: target([' || CancellationScope.current().consideredCancelled', '']),
    caughtBy: [
      'deliverEvents-cancelled-in-lanes-unheard',
      'redeliverBatch-cancelled-in-lanes-unheard',
    ],
  },
  {
    what: 'the version mark of the wait for all parts is gone',
    edits: target(["if (patched('all-ended')) await", 'await']),
    caughtBy: ['deliverEvents-cancelled-in-deliver-of-several', 'rerun-cancelled'],
  },
  {
    what: 'the version mark of the wait for all parts is renamed',
    edits: target(["patched('all-ended')", "patched('all-have-ended')"]),
    caughtBy: ['deliverEvents-share-record-lost-for-good', 'rerun-cancelled-when-one-is-delivered'],
  },
  {
    what: 'what is cut does not wait for the other parts, whatever its version mark says',
    edits: target(['await Promise.allSettled(parts)', 'await Promise.resolve()']),
    caughtBy: ['deliverEvents-share-record-lost-for-good-and-another-goes-on'],
  },
  {
    what: 'what is cut does not wait for the other parts',
    edits: target(["    if (patched('all-ended')) await Promise.allSettled(parts)\n", '']),
    caughtBy: [
      'deliverEvents-cancelled-in-deliver-of-several',
      'deliverEvents-share-record-lost-for-good',
    ],
  },
  {
    what: 'lanes are awaited by an activity of another name',
    edits: lanes([
      'const { awaitLanes } = proxyActivities<Activities>',
      'const { waitForLanes: awaitLanes } = proxyActivities',
    ]),
    caughtBy: ['deliverEvents-lane', 'redeliver-lane', 'redeliverBatch-lanes', 'rerun-several'],
  },
  {
    what: 'lanes are awaited one by one, whoever waits',
    edits: lanes([
      'return await awaitLanes(\n    targets.map(({ tenant, webhook, name, deliveries }) => ({ tenant, webhook, name, deliveries })),\n  )',
      'return (await Promise.all(targets.map((one) => awaitLanes([one])))).flat()',
    ]),
    caughtBy: ['deliverEvents-lanes', 'redeliverBatch-lanes'],
  },
]

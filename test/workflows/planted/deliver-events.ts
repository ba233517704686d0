import { type BreakingChange, inFile } from './change.ts'

const events = inFile('workflows/deliver-events.ts')
const shares = inFile('workflows/deliver-shares.ts')
const mark = inFile('workflows/state-mark.ts')

export const deliverEventsChanges: BreakingChange[] = [
  {
    what: 'a cancellation cuts the match',
    edits: events([
      'CancellationScope.nonCancellable(() =>\n      matchWebhooks({ workflow: workflowId, events: input.events, ...how }),\n    )',
      'matchWebhooks({ workflow: workflowId, events: input.events, ...how })',
    ]),
    caughtBy: ['deliverEvents-cancelled-in-match', 'deliverEvents-cancelled-at-once-lanes'],
  },
  {
    what: 'each failed target marks the workflow',
    edits: mark(['if (rank <= this.rank) return', 'if (rank < this.rank) return']),
    caughtBy: ['deliverEvents-one-fails-after-another'],
  },
  {
    what: 'the workflow is marked as failed when all targets have ended',
    edits: events(
      ["    if (result.failed > 0) mark.trouble('failed')\n", ''],
      [
        '  return targets.flatMap(',
        "  if ([...results.values()].some((one) => one.failed > 0)) mark.trouble('failed')\n  return targets.flatMap(",
      ],
    ),
    caughtBy: ['deliverEvents-one-of-several-fails-first'],
  },
  {
    what: 'lanes are awaited before other targets are sent to',
    edits: events(
      ['  await allEnded([\n', '  await allEnded([\n    limited.length > 0 && throughLanes(),\n'],
      ['    ...(limited.length > 0 ? [throughLanes()] : []),\n', ''],
    ),
    caughtBy: ['deliverEvents-lane-before-target', 'deliverEvents-lanes-after-target-that-fails'],
  },
  {
    what: 'each lane has a wait of its own',
    edits: events([
      'await throughLanesOrCancel(limited, group)',
      '(await Promise.all(limited.map((one) => throughLanesOrCancel([one], group)))).map((all) => all?.[0])',
    ]),
    caughtBy: ['deliverEvents-lanes', 'deliverEvents-cancelled-in-lanes'],
  },
  {
    what: 'what is limited is sent past its lane too',
    edits: events(['      .filter((target) => !target.limited)\n', '']),
    caughtBy: ['deliverEvents-lane', 'deliverEvents-lane-failed'],
  },
  {
    what: 'a workflow with failed deliveries completes',
    edits: events(['  if (failed.length > 0) throw deliveriesFailed(results, failed)\n', '']),
    caughtBy: ['deliverEvents-failed', 'deliverEvents-one-share-fails-first'],
  },
  {
    what: 'a lost record is not made again',
    edits: events([
      'remake: () => match({ reset: false, again: true })',
      'remake: () => Promise.resolve()',
    ]),
    caughtBy: [
      'deliverEvents-record-lost-and-remade',
      'deliverEvents-share-record-lost-and-remade',
    ],
  },
  {
    what: 'the first attempts of a target are not asked for',
    edits: events([
      'begun ? await firstAttemptsOf(target) : {}',
      'await Promise.resolve({ result: undefined })',
    ]),
    caughtBy: ['deliverEvents-first-attempt-delivers', 'deliverEvents-first-attempt-fails'],
  },
  {
    what: 'the first attempts of shares are not asked for',
    edits: shares(['wide.begun ? await firstAttemptsOfShares({ events, of })', 'wide.begun ? []']),
    caughtBy: ['deliverEvents-first-attempts-of-shares'],
  },
  {
    what: 'first attempts of histories that have none are asked for',
    edits: events([
      'begun ? await firstAttemptsOf(target)',
      'begun !== null ? await firstAttemptsOf(target)',
    ]),
    caughtBy: ['deliverEvents-delivered'],
  },
  {
    what: 'a failed share does not mark the workflow',
    edits: shares(["      if (result.failed > 0) wide.mark.trouble('failed')\n", '']),
    caughtBy: ['deliverEvents-one-share-fails-first'],
  },
  {
    what: 'the first failure does not mark the workflow',
    edits: events(['        if (made.left) mark.trouble(made.left)\n', '']),
    caughtBy: [
      'deliverEvents-first-attempt-fails-and-is-mended',
      'deliverEvents-first-attempt-hangs-and-another-fails',
    ],
  },
  {
    what: 'the first failure of a share does not mark the workflow',
    edits: shares(['      if (left) wide.mark.trouble(left)\n', '']),
    caughtBy: ['deliverEvents-first-attempt-of-a-share-fails-and-is-mended'],
  },
  {
    what: 'what is mended stays marked',
    edits: mark(['if (this.rank >= 0 || mended)', 'if (mended)']),
    caughtBy: [
      'deliverEvents-first-attempt-fails-and-is-mended',
      'deliverEvents-first-attempt-fails-and-the-rest-is-cancelled',
    ],
  },
  {
    what: 'a workflow whose failures began with a wait is not marked again',
    edits: mark(["['pending', 'retrying', 'failed']", "['failed', 'pending', 'retrying']"]),
    caughtBy: ['deliverEvents-first-attempt-hangs-and-another-fails'],
  },
  {
    what: 'what a reset has mended is not marked',
    edits: events(['mended: reset === true && delivered > 0', 'mended: false']),
    caughtBy: ['deliverEvents-reset-mended'],
  },
  {
    what: 'shares are sent one after another',
    edits: shares(
      ['  CancellationScope,\n', '  CancellationScope,\n  condition,\n'],
      [
        '      const result = made[share]',
        '      await condition(() => results.length === share)\n      const result = made[share]',
      ],
    ),
    caughtBy: ['deliverEvents-shares-delivered'],
  },
  {
    what: 'a share more',
    edits: shares(['Array.from({ length: of }', 'Array.from({ length: of + 1 }']),
    caughtBy: ['deliverEvents-shares-delivered'],
  },
  {
    what: 'a cancelled share leaves its deliveries as they are',
    edits: shares([
      '        await CancellationScope.nonCancellable(() => cancelDeliveries(input))\n',
      '',
    ]),
    caughtBy: ['deliverEvents-shares-cancelled', 'deliverEvents-shares-cancelled-at-once'],
  },
  {
    what: 'the lost record of a share is made again once less',
    edits: shares(['REMAKES_MOST = 3', 'REMAKES_MOST = 2']),
    caughtBy: ['deliverEvents-share-record-lost-for-good'],
  },
  {
    what: 'the lost record of a share is not made again',
    edits: shares(['      await remake()\n', '']),
    caughtBy: ['deliverEvents-share-record-lost-and-remade'],
  },
  {
    what: 'a share whose worker has died fails the workflow',
    edits: shares([
      'if (failure?.type !== FAILURE.ledgerLost) continue',
      'if (failure?.type !== FAILURE.ledgerLost) throw error',
    ]),
    caughtBy: ['deliverEvents-share-worker-died'],
  },
  {
    what: 'a share whose worker has died is sent again after a pause',
    edits: shares(
      ['  setCurrentDetails,\n', '  setCurrentDetails,\n  sleep,\n'],
      [
        'if (failure?.type !== FAILURE.ledgerLost) continue',
        "if (failure?.type !== FAILURE.ledgerLost) {\n        await sleep('1s')\n        continue\n      }",
      ],
    ),
    caughtBy: ['deliverEvents-share-worker-died'],
  },
]

import { type BreakingChange, inFile } from './change.ts'

const batch = inFile('workflows/redeliver-batch.ts')

export const redeliverBatchChanges: BreakingChange[] = [
  {
    what: 'the first round is not counted',
    edits: batch(['  await countChunk(chunk)\n  if (isOver) return\n', '  if (isOver) return\n']),
    caughtBy: [
      'redeliverBatch-delivered',
      'redeliverBatch-retried',
      'redeliverBatch-nothing-to-send',
    ],
  },
  {
    what: 'all are sent to once more, also where the first round was enough',
    edits: batch(['  if (isOver) return\n', '']),
    caughtBy: ['redeliverBatch-delivered', 'redeliverBatch-lane-after-free'],
  },
  {
    what: 'the retries are not counted',
    edits: batch([
      '  await deliverTargets(free, { once: false })\n  await countChunk(chunk)\n',
      '  await deliverTargets(free, { once: false })\n',
    ]),
    caughtBy: ['redeliverBatch-retried'],
  },
  {
    what: 'the whole schedule in one go, without a count between',
    edits: batch([
      'const isOver = await deliverTargets(free, { once: true })',
      'const isOver = await deliverTargets(free, { once: false })',
    ]),
    caughtBy: ['redeliverBatch-retried', 'redeliverBatch-paused-resumed'],
  },
  {
    what: 'lanes are awaited before the others are sent to',
    edits: batch([
      '    await deliverFree(chunk, free)\n',
      '    await lanes\n    await deliverFree(chunk, free)\n',
    ]),
    caughtBy: ['redeliverBatch-lanes', 'redeliverBatch-lane-after-free'],
  },
  {
    what: 'what lanes sent is not counted',
    edits: batch(['      await lanes\n      await countChunk(chunk)\n', '      await lanes\n']),
    caughtBy: ['redeliverBatch-lanes', 'redeliverBatch-lane-after-free-that-is-retried'],
  },
  {
    what: 'what is limited is sent past its lane too',
    edits: batch([
      'const free = targets.filter((target) => !target.limited)',
      'const free = targets',
    ]),
    caughtBy: ['redeliverBatch-lanes', 'redeliverBatch-lane-before-free'],
  },
  {
    what: 'the version mark of the last step is gone',
    edits: batch([
      "isCancellation(error) && patched('cancelled-chunk-is-ended')",
      'isCancellation(error)',
    ]),
    caughtBy: ['redeliverBatch-cancelled-in-deliver', 'redeliverBatch-cancelled-in-a-retry'],
  },
  {
    what: 'a cancelled chunk is not counted',
    edits: batch(['      await CancellationScope.nonCancellable(() => countChunk(chunk))\n', '']),
    caughtBy: ['redeliverBatch-cancelled-in-deliver', 'redeliverBatch-cancelled-in-lanes'],
  },
  {
    what: 'the cancellation cuts the last count',
    edits: batch([
      'await CancellationScope.nonCancellable(() => countChunk(chunk))',
      'await countChunk(chunk)',
    ]),
    caughtBy: ['redeliverBatch-cancelled-in-deliver', 'redeliverBatch-cancelled-before-a-retry'],
  },
  {
    what: 'a cancelled chunk ends before its lanes',
    edits: batch(['    await lanesEnded\n', '']),
    caughtBy: ['redeliverBatch-cancelled-in-deliver-before-its-lane'],
  },
]

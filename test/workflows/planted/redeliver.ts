import { type BreakingChange, inFile } from './change.ts'

const one = inFile('workflows/redeliver.ts')
const several = inFile('workflows/rerun.ts')

export const redeliverChanges: BreakingChange[] = [
  {
    what: 'orphans are taken over once less',
    edits: one(['TAKE_OVERS_MOST = 5', 'TAKE_OVERS_MOST = 4']),
    caughtBy: ['redeliver-now-orphaned-again-and-again'],
  },
  {
    what: 'an orphan is left alone',
    edits: one(["      if (tried === 'orphaned' && takeOvers < TAKE_OVERS_MOST) continue\n", '']),
    caughtBy: ['redeliver-now-orphaned-and-taken-over', 'rerun-one-orphaned-and-taken-over'],
  },
  {
    what: 'nobody asks whether it was tried',
    edits: one([
      'const tried = await triedNow(input, reopened)',
      "const tried = 'tried' as string",
    ]),
    caughtBy: ['redeliver-now-tried', 'rerun-several'],
  },
  {
    what: 'it is asked of a lane too whether it was tried',
    edits: one(["if (elsewhere === 'workflow') {", 'if (elsewhere) {']),
    caughtBy: ['redeliver-now-in-lane', 'rerun-several'],
  },
  {
    what: 'what a lane has is waited for, though another version began it once around',
    edits: one(["    if (target.limited && once) return { outcome: 'retried' }\n", '']),
    caughtBy: ['redeliver-earlier-once-limited', 'rerun-earlier-owner-runs'],
  },
  {
    what: 'now is once around, whoever carries it',
    edits: one(['const once = options.once && !carries', 'const { once } = options']),
    caughtBy: ['redeliver-now-taken-over-and-paused'],
  },
  {
    what: 'what is limited is sent past its lane',
    edits: one(['const result = target.limited\n', 'const result = Date.now() < 0\n']),
    caughtBy: ['redeliver-lane', 'redeliver-now-orphaned-and-taken-over-by-lane', 'rerun-several'],
  },
  {
    what: 'what failed again is not marked',
    edits: one(["options.mark.trouble('failed')", 'undefined']),
    caughtBy: ['redeliver-failed', 'rerun-several'],
  },
  {
    what: 'the version mark of what failed again is gone',
    edits: one(["result.failed > 0 && patched('failed-again')", 'result.failed > 0']),
    caughtBy: ['redeliver-failed-unmarked', 'rerun-several-unmarked'],
  },
  {
    what: 'a row is reopened by an activity of the task queue',
    edits: one([
      'const { reopen } = proxyLocalActivities<Activities>({',
      'const { reopen } = (proxyActivities as never as typeof proxyLocalActivities)<Activities>({',
    ]),
    caughtBy: ['redeliver-delivered', 'redeliver-gone', 'rerun-one'],
  },
]

export const rerunChanges: BreakingChange[] = [
  {
    what: 'deliveries are sent one after another',
    edits: several([
      "const results = await allEnded(\n    deliveries.map((one) => redeliverRow(one, { once: ownerRuns && one.round === 'now', mark })),\n  )",
      "const results: RedeliverResult[] = []\n  for (const one of deliveries)\n    results.push(await redeliverRow(one, { once: ownerRuns && one.round === 'now', mark }))",
    ]),
    caughtBy: ['rerun-several', 'rerun-worker-died-and-record-lost'],
  },
  {
    what: 'deliveries are sent in another order',
    edits: several(['deliveries.map((one) =>', 'deliveries.toReversed().map((one) =>']),
    caughtBy: ['rerun-earlier-owner-runs'],
  },
  {
    what: 'now is once around, though the owner has ended',
    edits: several(["ownerRuns && one.round === 'now'", "one.round === 'now'"]),
    caughtBy: ['rerun-earlier-owner-has-ended'],
  },
  {
    what: 'a delivery that is cut cuts the others',
    edits: several(['await allEnded(\n', 'await Promise.all(\n']),
    caughtBy: ['rerun-cancelled', 'rerun-cancelled-in-lane-and-while-it-is-tried'],
  },
]

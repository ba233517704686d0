import { type BreakingChange, inFile } from './change.ts'

const replay = inFile('workflows/replay.ts')
const PAGE = '    run.last = await replayPage(turn)\n'
const PAUSE = "if (state === 'paused') await condition(() => run.changes > seen, LOOK_AGAIN)"

export const replayChanges: BreakingChange[] = [
  {
    what: 'a change while a page pauses is not heard',
    edits: replay(
      ['    const seen = run.changes\n', ''],
      [PAGE, `${PAGE}    const seen = run.changes\n`],
    ),
    caughtBy: ['replay-changed-while-a-page-pauses'],
  },
  {
    what: 'a paused replay does not look again by itself',
    edits: replay([PAUSE, "if (state === 'paused') await condition(() => run.changes > seen)"]),
    caughtBy: ['replay-paused-resumed', 'replay-paused-and-looked-again'],
  },
  {
    what: 'a paused replay hears nothing',
    edits: replay(
      ['  setHandler,\n', '  setHandler,\n  sleep,\n'],
      [PAUSE, "if (state === 'paused') await sleep(LOOK_AGAIN)"],
    ),
    caughtBy: ['replay-paused-resumed', 'replay-cancelled-by-state-while-paused'],
  },
  {
    what: 'a paused replay asks for the next page',
    edits: replay([`    ${PAUSE}\n`, '']),
    caughtBy: ['replay-paused-resumed'],
  },
  {
    what: 'a paused replay continues as new at once',
    edits: replay([
      PAUSE,
      PAUSE.replace("=== 'paused'", "=== 'paused' && !workflowInfo().continueAsNewSuggested"),
    ]),
    caughtBy: ['replay-paused-and-continued'],
  },
  {
    what: 'a run has fewer pages',
    edits: replay(['PAGES_MAX = 100', 'PAGES_MAX = 99']),
    caughtBy: ['replay-continued-after-100-pages'],
  },
  {
    what: 'a run has more pages',
    edits: replay(['PAGES_MAX = 100', 'PAGES_MAX = 101']),
    caughtBy: ['replay-continued-after-100-pages'],
  },
  {
    what: 'a replay does not continue as new when Temporal suggests it',
    edits: replay([' && !workflowInfo().continueAsNewSuggested', '']),
    caughtBy: ['replay-continued-when-suggested', 'replay-paused-and-continued'],
  },
  {
    what: 'a replay that was cancelled by its state asks for the next page',
    edits: replay(["state === 'completed' || state === 'cancelled'", "state === 'completed'"]),
    caughtBy: ['replay-cancelled-by-state'],
  },
  {
    what: 'a cancelled replay does not say so in MongoDB',
    edits: replay([
      '    await CancellationScope.nonCancellable(() => cancelReplay({ replay: input.replay }))\n',
      '',
    ]),
    caughtBy: [
      'replay-cancelled-in-a-page',
      'replay-cancelled-while-paused',
      'replay-cancelled-at-once',
    ],
  },
  {
    what: 'the cancellation cuts what says it in MongoDB',
    edits: replay([
      'await CancellationScope.nonCancellable(() => cancelReplay({ replay: input.replay }))',
      'await cancelReplay({ replay: input.replay })',
    ]),
    caughtBy: ['replay-cancelled-in-a-page', 'replay-cancelled-while-mongodb-is-away'],
  },
  {
    what: 'a cancelled replay ends as cancelled',
    edits: replay(["    return outcomeOf('cancelled', run)\n", '    throw error\n']),
    caughtBy: ['replay-cancelled-in-a-page', 'replay-cancelled-while-paused'],
  },
]

import { type BreakingChange, inFile } from './change.ts'

const lane = inFile('workflows/rate-limit.ts')

export const rateLimitChanges: BreakingChange[] = [
  {
    what: 'a lane that waits for its slot wakes when more is held',
    edits: lane([
      'await condition(() => changes > 0, Math.max(view.inMs, 1))',
      'await condition(() => news > 0, Math.max(view.inMs, 1))',
    ]),
    caughtBy: ['rateLimit-slot-and-more-is-held', 'rateLimit-slot-and-held-in-its-round'],
  },
  {
    what: 'a lane that waits for its slot hears nothing',
    edits: lane(
      ['  setHandler,\n', '  setHandler,\n  sleep,\n'],
      [
        'await condition(() => changes > 0, Math.max(view.inMs, 1))',
        'await sleep(Math.max(view.inMs, 1))',
      ],
    ),
    caughtBy: ['rateLimit-slot-and-changed'],
  },
  {
    what: 'a lane that waits for a retry does not wake when more is held',
    edits: lane([
      'await condition(() => news > 0, Math.max(view.inMs, 1))',
      'await condition(() => changes > 0, Math.max(view.inMs, 1))',
    ]),
    caughtBy: ['rateLimit-due-and-more-is-held'],
  },
  {
    what: 'a lane that waits for a retry does not wake when its webhook is changed',
    edits: lane(['    news += 1\n    changes += 1\n', '    changes += 1\n']),
    caughtBy: ['rateLimit-due-and-changed', 'rateLimit-inactive-and-changed'],
  },
  {
    what: 'a lane with more to send ends',
    edits: lane(["    if (view.next === 'now') continue\n", '']),
    caughtBy: ['rateLimit-now'],
  },
  {
    what: 'an idle lane ends although more is held',
    edits: lane(['else if (news === 0) return view', 'else return view']),
    caughtBy: ['rateLimit-idle-and-more-is-held', 'rateLimit-inactive-and-changed'],
  },
  {
    what: 'an inactive lane stays until something changes',
    edits: lane([
      '    else if (news === 0) return view',
      "    else if (view.next === 'inactive') await condition(() => changes > 0, '1h')\n    else if (news === 0) return view",
    ]),
    caughtBy: ['rateLimit-inactive'],
  },
  {
    what: 'what was heard in a round is forgotten after it',
    edits: lane([
      '    news = 0\n    changes = 0\n    view = await sendHeld(input)\n',
      '    view = await sendHeld(input)\n    news = 0\n    changes = 0\n',
    ]),
    caughtBy: ['rateLimit-slot-and-changed-in-its-round', 'rateLimit-due-and-held-in-its-round'],
  },
  {
    what: 'a lane continues as new after more signals',
    edits: lane(['SIGNALS_MAX = 5_000', 'SIGNALS_MAX = 5_001']),
    caughtBy: ['rateLimit-continued-after-5000-signals'],
  },
  {
    what: 'a lane continues as new after fewer signals',
    edits: lane(['SIGNALS_MAX = 5_000', 'SIGNALS_MAX = 4_999']),
    caughtBy: ['rateLimit-idle-after-4999-signals'],
  },
  {
    what: 'a lane continues as new later than its history is long',
    edits: lane(['HISTORY_MAX = 250', 'HISTORY_MAX = 2_500']),
    caughtBy: ['rateLimit-continued-when-long'],
  },
  {
    what: 'a lane of an earlier version continues as new when its history is long',
    edits: lane([" && patched('short-runs')", '']),
    caughtBy: ['rateLimit-idle-after-4999-signals'],
  },
  {
    what: 'a lane does not continue as new when Temporal suggests it',
    edits: lane(['const isLong = continueAsNewSuggested || ', 'const isLong = ']),
    caughtBy: ['rateLimit-continued-when-suggested', 'rateLimit-continued-instead-of-a-sleep'],
  },
  {
    what: 'an idle lane ends instead of continuing as new',
    edits: lane([
      '    const { continueAsNewSuggested,',
      "    if (view.next === 'idle' && news === 0) return view\n    const { continueAsNewSuggested,",
    ]),
    caughtBy: ['rateLimit-continued-instead-of-idle'],
  },
  {
    what: 'a lane sleeps before it continues as new',
    edits: lane(
      [
        "    if (isLong || (historyLength >= HISTORY_MAX && patched('short-runs')))\n      await continueAsNew<typeof rateLimit>(input)\n",
        '',
      ],
      [
        '    else if (news === 0) return view\n',
        "    else if (news === 0) return view\n    if (isLong || (historyLength >= HISTORY_MAX && patched('short-runs')))\n      await continueAsNew<typeof rateLimit>(input)\n",
      ],
    ),
    caughtBy: ['rateLimit-continued-instead-of-a-sleep', 'rateLimit-continued-instead-of-idle'],
  },
  {
    what: 'a cancelled lane ends as completed',
    edits: lane(
      ['  defineSignal,\n', '  defineSignal,\n  isCancellation,\n'],
      [
        '    view = await sendHeld(input)\n',
        '    try {\n      view = await sendHeld(input)\n    } catch (error) {\n      if (view && isCancellation(error)) return view\n      if (isCancellation(error)) return undefined as never\n      throw error\n    }\n',
      ],
    ),
    caughtBy: ['rateLimit-cancelled-in-a-round', 'rateLimit-cancelled-at-once'],
  },
  {
    what: 'a lane that is cancelled while it sleeps sends once more',
    edits: lane(
      ['  condition,\n', '  CancellationScope,\n  condition,\n'],
      [
        'await condition(() => changes > 0, Math.max(view.inMs, 1))',
        'await condition(() => changes > 0, Math.max(view.inMs, 1)).catch(() => CancellationScope.nonCancellable(() => sendHeld(input)))',
      ],
    ),
    caughtBy: ['rateLimit-cancelled-before-its-slot'],
  },
]

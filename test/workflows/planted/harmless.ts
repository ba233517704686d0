import { type HarmlessChange, inFile } from './change.ts'

/** What any running workflow can follow: Temporal compares the commands, not what is in them. */
export const HARMLESS: HarmlessChange[] = [
  {
    what: 'comments',
    edits: inFile('workflows/deliver-to-target.ts')(
      ['/** All of these to their end,', '/** Another comment. All of these to their end,'],
      ['  let remakes = 0\n', '  // another comment\n  let remakes = 0\n'],
    ),
  },
  {
    what: 'summaries that Temporal Web shows',
    edits: [
      ...inFile('workflows/deliver-to-target.ts')(
        ['summary: `POST → ${target.name}`', 'summary: `sent to ${target.name}`'],
        ["summary: 'paused'", "summary: 'until it is resumed'"],
      ),
      ...inFile('workflows/await-lanes.ts')(['summary: `lane →', 'summary: `through the lane →']),
      ...inFile('workflows/rate-limit.ts')(['send what is held', 'send']),
    ],
  },
  {
    what: 'details that Temporal Web shows',
    edits: [
      ...inFile('workflows/render-progress.ts')([
        '| webhook | deliveries | state |',
        '| webhook | of it | state |',
      ]),
      ...inFile('workflows/render-lane.ts')([
        '| limit | held | retrying |',
        '| rate | held | retrying |',
      ]),
      ...inFile('workflows/replay.ts')(['`**${state}**: ', '`${state}: ']),
      ...inFile('workflows/deliver-shares.ts')(['shares are finished.', 'shares have ended.']),
    ],
  },
  {
    what: 'how often and how fast activities are tried again',
    edits: [
      ...inFile('workflows/deliver-to-target.ts')(
        [
          "initialInterval: '2s', backoffCoefficient: 1.5",
          "initialInterval: '5s', backoffCoefficient: 2",
        ],
        [
          'maximumInterval: target.policy.maximumInterval,',
          'maximumInterval: 2 * target.policy.maximumInterval,',
        ],
        ['maximumAttempts = once ? 1 : 0', 'maximumAttempts = once ? 2 : 0'],
      ),
      ...inFile('workflows/rate-limit.ts')(["initialInterval: '50ms'", "initialInterval: '60ms'"]),
      ...inFile('workflows/deliver-events.ts')(["maximumInterval: '5s'", "maximumInterval: '10s'"]),
    ],
  },
  {
    what: 'how long activities may take, and be silent',
    edits: [
      ...inFile('delivery/pass-limit.ts')(['RECORD_MS = 11_900', 'RECORD_MS = 21_900']),
      ...inFile('workflows/deliver-to-target.ts')([
        "heartbeatTimeout: '10s'",
        "heartbeatTimeout: '12s'",
      ]),
      ...inFile('workflows/rate-limit.ts')(["heartbeatTimeout: '1.5s'", "heartbeatTimeout: '2s'"]),
      ...inFile('workflows/replay.ts')(["startToCloseTimeout: '5m'", "startToCloseTimeout: '6m'"]),
    ],
  },
  {
    what: 'how long a timer runs',
    edits: [
      ...inFile('workflows/replay.ts')(["LOOK_AGAIN = '1h'", "LOOK_AGAIN = '2h'"]),
      ...inFile('workflows/rate-limit.ts')([
        'await condition(() => changes > 0, Math.max(view.inMs, 1))',
        'await condition(() => changes > 0, Math.max(view.inMs, 5))',
      ]),
    ],
  },
  {
    what: 'what results and failures say',
    edits: [
      ...inFile('workflows/deliver-events.ts')(
        ['deliveries failed: ${names', 'deliveries are used up: ${names'],
        [
          'return { events: input.events.length, delivered,',
          'return { events: input.events.length, delivered, more: 1,',
        ],
      ),
      ...inFile('workflows/redeliver.ts')([
        "{ outcome: carries ? 'lost' : 'retried' }",
        "{ outcome: carries ? 'gone' : 'retried' }",
      ]),
    ],
  },
  {
    what: 'the values of a search attribute',
    edits: inFile('workflows/state-mark.ts')(['.slice(0, SEARCH_ATTRIBUTE_MAX)', '.slice(0, 1)']),
  },
  {
    what: 'names of what is exported, and functions of their own',
    edits: [
      ...inFile('workflows/plain.ts')([
        'export function plain',
        'export const also = 1\nexport function plain',
      ]),
      ...inFile('delivery/replay-pace.ts')([
        'return Math.ceil(count / rate)',
        'return Math.max(Math.ceil(count / rate), 1)',
      ]),
    ],
  },
]

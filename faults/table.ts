import { often, type Row, type Step } from './plan.ts'

const A = 'herald A'
const B = 'herald B'
const BOTH = [A, B] as const
const TO = {
  temporal: 'link to Temporal',
  mongo: 'link to MongoDB',
  receiver: 'link to receiver',
  api: 'link to herald A',
}
const kill = (on: string, atMs: number, forMs = 500): Step => ({ on, does: 'kill', atMs, forMs })

/** Two ways for a signal to end a process (targets.ts), in a copy of the build. */
const CRASHES: Row['edits'] = [
  [
    'cli.js',
    'await program.parseAsync();',
    `process.on('SIGUSR2', () => { for (const all = []; ; ) all.push(Array(1e6).fill(all.length + 0.5)); });
    process.on('SIGWINCH', () => void Promise.reject(new Error('a planted rejection')));
    await program.parseAsync();`,
  ],
]

/** The rows, numbered as the fault matrix of the design; F33 and on are further ones. A new one is a few lines. */
const HERE: readonly Row[] = [
  { id: 'F00', title: 'nothing: the load alone', steps: [] },
  {
    id: 'F01',
    title: 'herald: kill -9, again and again, in turn',
    steps: often(5, 3_000, kill(A, 2_000), BOTH),
  },
  {
    id: 'F02',
    title: 'herald: kill -9 just after a receiver has answered',
    steps: often(5, 3_000, { ...kill(A, 2_000), does: 'kill after an answer' }, BOTH),
  },
  {
    id: 'F03',
    title: 'API alone (no worker in it): kill -9, again and again',
    roles: ['api', 'worker'],
    steps: often(6, 2_500, kill(A, 2_000)),
  },
  {
    id: 'F04',
    title: 'herald: kill -9 between its start of a workflow and its answer, which is held back',
    steps: [
      { on: TO.api, does: 'latency', amount: 5_000, atMs: 3_000, forMs: 3_000 },
      kill(A, 4_000, 1_000),
      { on: TO.api, does: 'latency', amount: 5_000, atMs: 10_000, forMs: 3_000 },
      kill(A, 11_000, 1_000),
    ],
  },
  {
    id: 'F05',
    title: 'herald: SIGTERM and a new start, one after the other',
    steps: often(10, 5_000, { on: A, does: 'terminate', atMs: 2_000, forMs: 0 }, BOTH),
  },
  {
    id: 'F06',
    title: 'herald: SIGSTOP for longer than its heartbeat may be missed, then SIGCONT',
    steps: [{ on: A, does: 'freeze', atMs: 3_000, forMs: 15_000 }],
  },
  {
    id: 'F07',
    title: 'Temporal: kill -9 and a new start',
    steps: often(3, 5_000, kill('Temporal', 2_000)),
  },
  {
    id: 'F08',
    title: 'Temporal: SIGSTOP, then SIGCONT',
    steps: [{ on: 'Temporal', does: 'freeze', atMs: 3_000, forMs: 10_000 }],
  },
  {
    id: 'F09',
    title: 'link to Temporal: 2 s late, then every 10th answer reset',
    steps: [
      { on: TO.temporal, does: 'latency', amount: 2_000, atMs: 2_000, forMs: 5_000 },
      { on: TO.temporal, does: 'reset', amount: 10, atMs: 9_000, forMs: 6_000 },
    ],
  },
  {
    id: 'F10',
    title: 'MongoDB: kill -9 and a new start',
    steps: often(3, 5_000, kill('MongoDB', 2_000)),
  },
  {
    id: 'F11',
    title: 'MongoDB: SIGSTOP, then SIGCONT; then its link 1 s late',
    steps: [
      { on: 'MongoDB', does: 'freeze', atMs: 2_000, forMs: 8_000 },
      { on: TO.mongo, does: 'latency', amount: 1_000, atMs: 12_000, forMs: 5_000 },
    ],
  },
  {
    id: 'F12',
    title: 'MongoDB: another primary',
    steps: [],
    notHere: 'needs a mongod replica set of three; the link that is down (F36) stands in for it',
  },
  {
    id: 'F13',
    title: 'both heralds, Temporal and MongoDB: kill -9 at once',
    steps: [A, B, 'Temporal', 'MongoDB'].map((on) => kill(on, 6_000, 1_000)),
  },
  {
    id: 'F14',
    title: 'disk of MongoDB full',
    steps: [{ on: 'disk of MongoDB', does: 'fill', atMs: 4_000, forMs: 6_000 }],
  },
  {
    id: 'F15',
    title: 'disk of Temporal full',
    steps: [{ on: 'disk of Temporal', does: 'fill', atMs: 4_000, forMs: 6_000 }],
  },
  {
    id: 'F16',
    title: 'link to the receivers: nothing passes',
    steps: [{ on: TO.receiver, does: 'blackhole', atMs: 3_000, forMs: 10_000 }],
  },
  {
    id: 'F17',
    title: 'link to Temporal: nothing passes',
    steps: [{ on: TO.temporal, does: 'blackhole', atMs: 3_000, forMs: 10_000 }],
  },
  {
    id: 'F18',
    title: 'clock an hour on, or back',
    steps: [],
    notHere: 'needs faketime around herald',
  },
  {
    id: 'F19',
    title: 'receivers: reset before, in and after the answer',
    steps: ['before', 'in', 'after'].map((when, nth) => ({
      on: 'receiver',
      does: `reset ${when} the answer`,
      atMs: 2_000 + nth * 4_000,
      forMs: 2_500,
    })),
  },
  {
    id: 'F20',
    title: 'receivers: never answer, then 3 s late',
    steps: [
      { on: 'receiver', does: 'hang', atMs: 3_000, forMs: 4_000 },
      { on: 'receiver', does: 'slow', amount: 3_000, atMs: 10_000, forMs: 4_000 },
    ],
  },
  {
    id: 'F22',
    title: 'receivers: close kept connections after 1 ms',
    steps: [{ on: 'receiver', does: 'close when idle', amount: 1, atMs: 1_000, forMs: 15_000 }],
  },
  {
    id: 'F27',
    title: 'ten times the load for 5 s',
    steps: [{ on: 'load', does: 'burst', amount: 10, atMs: 3_000, forMs: 5_000 }],
  },
  {
    id: 'F31',
    title: 'herald: its heap at the limit, and a promise that nobody handles',
    edits: CRASHES,
    steps: [
      { on: A, does: 'kill by its heap', atMs: 2_000, forMs: 500 },
      { on: B, does: 'kill by an unhandled rejection', atMs: 8_000, forMs: 500 },
      { on: A, does: 'kill by an unhandled rejection', atMs: 14_000, forMs: 500 },
    ],
  },
  {
    id: 'F33',
    title: 'links to MongoDB and the receivers: pieces of 64 bytes, then 20 kB/s',
    steps: [TO.mongo, TO.receiver].flatMap((on) => [
      { on, does: 'slicer', amount: 64, atMs: 2_000, forMs: 5_000 },
      { on, does: 'bandwidth', amount: 20_000, atMs: 9_000, forMs: 5_000 },
    ]),
  },
  {
    id: 'F34',
    title: 'receivers: kill -9 and a new start, then SIGSTOP and SIGCONT',
    steps: [
      kill('receiver', 2_000, 1_000),
      { on: 'receiver', does: 'freeze', atMs: 7_000, forMs: 6_000 },
    ],
  },
  {
    id: 'F35',
    title: 'link to the receivers: every 10th answer reset',
    steps: [{ on: TO.receiver, does: 'reset', amount: 10, atMs: 2_000, forMs: 12_000 }],
  },
  {
    id: 'F36',
    title: 'links to MongoDB and Temporal: down, one after the other',
    steps: [
      { on: TO.mongo, does: 'down', atMs: 3_000, forMs: 4_000 },
      { on: TO.temporal, does: 'down', atMs: 10_000, forMs: 4_000 },
    ],
  },
]

/** What needs no death of a process, and has a test of its own. */
const ELSEWHERE: readonly [string, string, string][] = [
  ['F21', 'receivers: bombs, endless bodies, 5,000 headers', 'test/outbound/connect/bombs.test.ts'],
  ['F24', 'one dead receiver with a long queue', 'test/e2e/outbound/shared-origin.test.ts'],
  ['F26', 'Retry-After of every kind', 'test/outbound/request/retry-after.test.ts'],
  ['F28', 'webhooks changed under load', 'test/e2e/edits.test.ts'],
  ['F29', 'the same event many times at once', 'test/e2e/ingest.test.ts'],
  ['F30', 'new workflow code over open runs', 'test/workflows/replay.test.ts'],
  ['F32', 'Slack down while a webhook is well', 'test/e2e/outbound/slack.test.ts'],
]
const NOT_BUILT: readonly [string, string][] = [
  ['F23', 'name servers: silent, failing, rebinding'],
  ['F25', 'poisoned payload or configuration'],
]

/** All of them, in order. */
export const ROWS: readonly Row[] = [
  ...HERE,
  ...ELSEWHERE.map(([id, title, test]) => {
    return { id, title, steps: [], notHere: `no process dies in it: ${test}` }
  }),
  ...NOT_BUILT.map(([id, title]) => ({ id, title, steps: [], notHere: 'not built yet' })),
].toSorted((a, b) => a.id.localeCompare(b.id))

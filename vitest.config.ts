import { defineConfig } from 'vitest/config'

const settings = {
  pool: 'forks',
  maxWorkers: 2,
  testTimeout: 60_000,
  hookTimeout: 120_000,
} as const
const oneByOne = { ...settings, maxWorkers: 1, fileParallelism: false } as const

const files = (folder: string, names: string) =>
  names.split(' ').map((name) => `test/${folder}/${name}.test.ts`)

/** Minutes of clocks, kills and worst cases; `npm run test:long` has them. */
const longParts = [
  ...files('activities/match', 'backlog'),
  ...files('api', 'events/match http/mongo-away'),
  ...files('dev/servers', 'durability'),
  ...files('fuzz', 'ingest'),
  ...files('model', 'deliveries'),
  ...files('outbound/connect', 'stopped-process'),
  ...files('verify', 'snippets'),
]
/** What may block the event loop; `npm run security` prints the longest block. */
const blocks = [
  ...files('api/http', 'blocks'),
  ...files('catalogue', 'bombs'),
  ...files('filter', 'bombs'),
]
/** Those that watch the clock, or a process from outside, have the machine for themselves. */
const longClocks = [
  ...files('activities/lane', 'slots'),
  ...files('e2e', 'health operate seeds wide'),
  ...files('e2e/kills', 'carriers crash leak outage secrets server-kill'),
  ...files('e2e/lane', 'congestion crash limits load rates'),
  ...files('e2e/outbound', 'shared-origin tarpit'),
  ...files('e2e/replay', 'crash load'),
]
/** The console in a real browser. */
const browser = ['test/console/browser/*.test.ts']
const clocks = files('e2e', 'ingest races replay/replay schedules')
const long = [...longParts, ...blocks, ...longClocks]

type Group = { include: string[]; exclude?: string[]; order: number }
const project = (
  name: string,
  { include, exclude = [], order }: Group,
  own: object = settings,
) => ({
  test: { ...own, name, include, exclude, sequence: { groupOrder: order } },
})

/** One Temporal and one MongoDB for the whole run. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/servers/global-setup.ts'],
    projects: [
      project('parts', {
        include: ['test/**/*.test.ts'],
        exclude: ['test/e2e/**', ...browser, ...long],
        order: 0,
      }),
      project('e2e', {
        include: ['test/e2e/**/*.test.ts'],
        exclude: [...clocks, ...long],
        order: 1,
      }),
      project('clocks', { include: clocks, order: 2 }, oneByOne),
      project('long', { include: longParts, order: 3 }),
      project('blocks', { include: blocks, order: 3 }),
      project('long-clocks', { include: longClocks, order: 4 }, oneByOne),
      project('browser', { include: browser, order: 5 }, oneByOne),
    ],
  },
})

import { percentiles } from '../median.ts'
import type { Figures } from '../measure/figures.ts'
import type { Stack } from '../stack.ts'
import { stored } from './rows.ts'

const ASKED_TIMES = 20
const PATIENCE_MS = 10_000
const DAY_MS = 86_400_000

/** One list for every filter of the API, with a value that is common and one that is rare or not there at all. */
function queries(count: number): Record<string, string> {
  const day = (ago: number) => new Date(Date.now() - ago * DAY_MS).toISOString()
  const middle = Math.floor(count / 2)
  return {
    'no filter': '',
    'no filter, 100 rows': 'limit=100',
    'state, common': 'state=delivered',
    'state, rare': 'state=skipped',
    'state, none': 'state=held',
    webhook: `webhook=${stored.webhook(1)}`,
    'webhook and state': `webhook=${stored.webhook(1)}&state=failed`,
    'webhook that is not there': 'webhook=wh_none',
    event: `event=${stored.event(middle)}`,
    type: `type=${stored.type(1)}`,
    'type that is not there': 'type=bench.none',
    'status, common': 'status=200',
    'status, rare': 'status=410',
    'status, none': 'status=418',
    statusClass: 'statusClass=4xx',
    'statusClass, none': 'statusClass=3xx',
    'code, rare': 'code=http_4xx',
    'code, none': 'code=tls_error',
    'attempts, rare': 'attempts=5',
    'attempts, none': 'attempts=15',
    'from and to': `from=${day(16)}&to=${day(15)}`,
    'from and to, failed': `from=${day(16)}&to=${day(15)}&state=failed`,
  }
}

/** Lists of events, with a state that is common, rare, or that none is in. */
const EVENT_LISTS: Record<string, string> = {
  'events, no filter': '',
  'events, 100 rows': 'limit=100',
  'events, state, common': 'state=delivered',
  'events, state, rare': 'state=skipped',
  'events, several states': 'state=failed,retrying&limit=100',
  'events, state, none': 'state=held',
  'events, subject, none': 'subject=nobody',
}

/** What the console's Overview asks at once. */
const OVERVIEW = [
  '/readyz',
  '/v1/stats/series?since=24h',
  '/v1/problems?since=24h',
  '/v1/webhooks?state=disabled&limit=20',
  '/v1/webhooks?limit=100',
  '/v1/stats/owed',
]

/** How long each list, what is owed, and the Overview of the console take, one after the other; asked less often where one takes long. */
export async function listFigures(
  { call }: Pick<Stack, 'call'>,
  count: number,
): Promise<Record<string, Figures>> {
  const found: Record<string, Figures> = {}
  for (const [name, query] of Object.entries(queries(count)))
    found[name] = await listed(() => call('GET', `/v1/deliveries?${query}`))
  for (const [name, query] of Object.entries(EVENT_LISTS))
    found[name] = await listed(() => call('GET', `/v1/events?${query}`))
  found['subject, none'] = await listed(() => call('GET', '/v1/deliveries?subject=nobody'))
  // the gauges of /metrics ask the same
  found['what is owed'] = await listed(() => call('GET', '/v1/stats/owed'))
  found['all of the Overview'] = await listed(async () => {
    const answers = await Promise.all(OVERVIEW.map((path) => call('GET', path)))
    return answers.find(({ status }) => status !== 200) ?? { status: 200 }
  })
  return found
}

async function listed(ask: () => Promise<{ status: number }>): Promise<Figures> {
  const tookMs: number[] = []
  let failed = 0
  const endMs = performance.now() + PATIENCE_MS
  for (let n = 0; n < ASKED_TIMES && performance.now() < endMs; n++) {
    const fromMs = performance.now()
    const { status } = await ask()
    tookMs.push(performance.now() - fromMs)
    if (status !== 200) failed += 1
  }
  return { 'list ms': percentiles(tookMs), ...(failed > 0 && { failed }) }
}

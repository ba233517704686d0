import { setTimeout as sleep } from 'node:timers/promises'
import { type Figures, type Row, rowOf, tallyFigures } from '../measure/figures.ts'
import { measure } from '../measure/measure.ts'
import { type Run, type Scenario, withHerald, withLoad } from '../run.ts'
import type { Load } from '../load/load.ts'
import type { Pace } from '../load/plan.ts'
import type { Tally } from '../measure/tally.ts'
import { createHook, heraldSystem, MOST_CONCURRENT } from '../systems/herald.ts'
import type { System } from '../systems/system.ts'
import type { Stack } from '../stack.ts'

const TYPE = 'bench.tenant'
/** Twice as long as other loads: 10 events a second are few for a p99. */
const QUIET = { perSecond: 10, times: 2, connections: 256 }
const CAPACITY_CONNECTIONS = 64
const TIMES = 10
/** The noisy one begins before and ends after the quiet one. */
const AROUND_SECONDS = 2
const NOISY_CONNECTIONS = 512

type Tenant = { system: System; load: Load }

/** How much one tenant notices of another that posts ten times what can be delivered. */
export const tenants: Scenario = {
  says: 'A quiet tenant posts 10 events a second, alone and beside a tenant that posts ten times the capacity (measured before on 64 connections) over at most 512 connections; events that find none free are unsent. Each has its own key, webhook, generator and receiver.',
  measure: (run) =>
    withHerald(run, (bed) =>
      withLoad(0, async (load) => {
        const noisy = await tenantOf(bed.stack, 'noisy', bed.load)
        const quiet = await tenantOf(bed.stack, 'quiet', load)
        return measureRounds({ noisy, quiet }, run)
      }),
    ),
}

async function tenantOf(stack: Stack, tenant: string, load: Load): Promise<Tenant> {
  const { body } = await stack.call('POST', '/v1/api-keys', { name: tenant, role: 'admin', tenant })
  const own = { api: stack.api, key: (body as { value: string }).value }
  await createHook(own, { events: [TYPE], url: load.hookUrl(), concurrency: MOST_CONCURRENT })
  return { system: heraldSystem(own, stack.processes), load }
}

async function measureRounds(
  { noisy, quiet }: { noisy: Tenant; quiet: Tenant },
  { rounds, seconds }: Run,
): Promise<Row[]> {
  const { perSecond: beats, times, connections } = QUIET
  const calm = { kind: 'open', perSecond: beats, seconds: seconds * times, connections } as const
  const full = { kind: 'closed', connections: CAPACITY_CONNECTIONS, seconds } as const
  const found = { alone: [] as Figures[], beside: [] as Figures[], noisy: [] as Figures[] }
  for (let round = 0; round < rounds; round++) {
    const alone = await tallied(quiet, calm)
    const capacity = await tallied(noisy, full)
    const perSecond = Math.ceil(capacity.deliveredPerSecond * TIMES)
    const lasts = calm.seconds + AROUND_SECONDS * 2
    const flood = { ...calm, perSecond, seconds: lasts, connections: NOISY_CONNECTIONS }
    const quietly = sleep(AROUND_SECONDS * 1_000).then(() => tallied(quiet, calm))
    const [loud, beside] = await Promise.all([tallied(noisy, flood), quietly])
    found.alone.push(tallyFigures(alone))
    found.noisy.push({ 'offered/s': perSecond, ...tallyFigures(loud) })
    found.beside.push({ ...tallyFigures(beside), '× p99 alone': p99(beside) / p99(alone) })
  }
  return [
    rowOf('quiet, alone', found.alone),
    rowOf('quiet, beside the noisy one', found.beside),
    rowOf('noisy', found.noisy),
  ]
}

/** Without what it cost: both tenants use the same processes. */
async function tallied(tenant: Tenant, pace: Pace): Promise<Tally> {
  return (await measure({ ...tenant, type: TYPE, pace })).tally
}

function p99({ postToReceiptMs }: Tally): number {
  return postToReceiptMs[2] ?? Number.NaN
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type Figures, type Row, rowOf, tallyFigures } from '../measure/figures.ts'
import { measure } from '../measure/measure.ts'
import { type Scenario, withHerald, withLoad } from '../run.ts'
import type { Load } from '../load/load.ts'
import type { Pace } from '../load/plan.ts'
import type { Tally } from '../measure/tally.ts'
import { createHook, heraldSystem, MOST_CONCURRENT } from '../systems/herald.ts'
import type { System } from '../systems/system.ts'
import type { Stack } from '../stack.ts'

const TYPE = 'bench.tenant'
/** 200 events and more, so that a p99 is not one event. */
const QUIET = { kind: 'open', perSecond: 10, seconds: 30, connections: 16 } as const
const CAPACITY = { kind: 'closed', connections: 64, seconds: 8 } as const
const TIMES = 10
/** The noisy one begins before and ends after the quiet one. */
const AROUND_SECONDS = 2
const NOISY_CONNECTIONS = 512

type Tenant = { system: System; load: Load }

/** How much one tenant notices of another that posts ten times what can be delivered. */
export const tenants: Scenario = {
  says: 'A quiet tenant posts 10 events a second, alone and beside a tenant that posts ten times the capacity (measured before on 64 connections) over at most 512 connections; events that find none free are unsent. Each has its own key, webhook, generator and receiver.',
  measure: ({ mongo, rounds }) =>
    withHerald({ mongo }, (bed) =>
      withLoad(0, async (load) => {
        const noisy = await tenantOf(bed.stack, 'noisy', bed.load)
        const quiet = await tenantOf(bed.stack, 'quiet', load)
        return measureRounds({ noisy, quiet }, rounds)
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
  rounds: number,
): Promise<Row[]> {
  const found = { alone: [] as Figures[], beside: [] as Figures[], noisy: [] as Figures[] }
  for (let round = 0; round < rounds; round++) {
    const alone = await tallied(quiet, QUIET)
    const capacity = await tallied(noisy, CAPACITY)
    const perSecond = Math.ceil(capacity.deliveredPerSecond * TIMES)
    const seconds = QUIET.seconds + AROUND_SECONDS * 2
    const flood = { kind: 'open', perSecond, seconds, connections: NOISY_CONNECTIONS } as const
    const quietly = sleep(AROUND_SECONDS * 1_000).then(() => tallied(quiet, QUIET))
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

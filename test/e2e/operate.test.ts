import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { delimiter, dirname } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/api/routes.ts'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { temporalCli, temporalEnvironment } from '../support/servers/temporal-cli.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)
const page = await readFile(new URL('../../docs/operate.md', import.meta.url), 'utf8')
/**
 * Info words: `sends`: afterwards $DELIVERY is delivered; `open`: before, it waits for its next attempt; `paused`: so
 * does its webhook for a person; `replay`: needs /v1/replays.
 */
const blocks = page.split(/^## /m).flatMap((section) =>
  [...section.matchAll(/^```bash([^\n]*)\n([^]*?)^```$/gm)].map(([, info = '', script = '']) => ({
    words: info.trim().split(' '),
    script,
    title: `${(section.split('\n')[0] ?? '').replace('# ', '')}: ${(script.split('\n')[0] ?? '').slice(0, 110)}`,
  })),
)
const queries = [...page.matchAll(/^\| ([^|]+?) +\| `([^`]+)` +\|$/gm)].map(
  ([, what = '', query = '']) => ({ what, query }),
)
const hasReplays = ROUTES.some(({ path }) => path === '/v1/replays')

let herald: Herald
let environment: Record<string, string | undefined>
const receivers: Receiver[] = []
let count = 0

beforeAll(async () => {
  herald = await startHerald('operate')
  environment = await temporalEnvironment()
})
afterAll(async () => {
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})

/** An event whose receiver was down, and is up now: its delivery has failed, or waits. */
async function trouble(words: string[] = []) {
  const paused = words.includes('paused')
  const waits = paused || words.includes('open')

  let up = false
  const receiver = await startReceiver(() => ({ status: up ? 200 : 503 }))
  receivers.push(receiver)
  const type = `operate.${(count += 1)}`
  const webhook = await herald.webhook({
    events: [type],
    target: { type: 'http', url: receiver.url },
    retry: { type: 'fixed', interval: paused ? '1s' : '1h', retries: waits ? 20 : 0 },
  })
  const since = new Date(Date.now() - 1_000).toISOString()
  const event = await herald.event({ type })
  const delivery = await herald.reached(webhook.id, waits ? 'retrying' : 'failed')
  const workflow = `event/default/${event}`
  if (paused) await herald.call('POST', `/v1/webhooks/${webhook.id}/pause`)
  if (!waits) await until(() => hasFailed(workflow))
  up = true
  return {
    event,
    webhook: webhook.id,
    delivery: String(delivery['id']),
    type,
    since,
    workflow,
  }
}

async function hasFailed(workflow: string): Promise<boolean> {
  const query = `WorkflowId='${workflow}' AND ExecutionStatus='Failed'`
  return (await herald.client.workflow.count(query)).count === 1
}

/** What the page's variables stand for. */
function variables(one: Awaited<ReturnType<typeof trouble>>): Record<string, string> {
  return {
    HERALD_URL: herald.api,
    HERALD_KEY: herald.adminKey,
    TASK_QUEUE: herald.runtime.config.TASK_QUEUE,
    TENANT: 'default',
    TYPE: one.type,
    EVENT: one.event,
    WEBHOOK: one.webhook,
    DELIVERY: one.delivery,
    SINCE: one.since,
    HOUR_AGO: new Date(Date.now() - 3_600_000).toISOString(),
  }
}

async function shell(script: string, values: Record<string, string>): Promise<void> {
  const cli = dirname(environment['TEMPORAL_CLI_PATH'] ?? '')
  const path = `${cli}${delimiter}${environment['PATH'] ?? ''}`
  const env = { ...environment, ...values, PATH: path }
  await run('bash', ['-euo', 'pipefail', '-c', script], { env, timeout: 30_000 })
}

describe('docs/operate.md', () => {
  it('has blocks and queries that this test finds', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(15)
    expect(blocks.length).toBe(page.match(/^```\S/gm)?.length)
    expect(queries.length).toBe(14)
  })

  for (const { title, words, script } of blocks)
    it(title, async ({ skip }) => {
      if (words.includes('replay') && !hasReplays) {
        console.log(`skipped, this herald has no /v1/replays: ${title}`)
        skip()
      }
      const one = await trouble(words)
      await shell(script, variables(one))
      if (words.includes('sends')) await herald.reached(one.webhook, 'delivered', 30)
    })
})

describe('the queries for Temporal', () => {
  const listed = async (query: string) => {
    const found: string[] = []
    for await (const { workflowId } of herald.client.workflow.list({ query }))
      found.push(workflowId)
    return found.toSorted()
  }

  it('run by CLI and client, and find what they say', async () => {
    const one = await trouble()
    const open = await trouble(['open'])
    const values = variables(one)
    for (const { what, query } of queries) {
      const text = query.replaceAll(/\$([A-Z_]+)/g, (_all, name: string) => values[name] ?? '')
      const mine = `${text} AND TaskQueue='${values['TASK_QUEUE']}'`
      const found = await listed(mine)
      const printed = await temporalCli('workflow', 'list', '--query', mine, '-o', 'json')
      const byCli = JSON.parse(printed) as { execution: { workflowId: string } }[]
      expect(byCli.map(({ execution }) => execution.workflowId).toSorted(), what).toEqual(found)
      expect(found.includes(open.workflow), what).toBe(what === 'in trouble now')
      expect(found.includes(one.workflow), what).toBe(/failed|by|of one/.test(what))
    }
  })

  it('by event id finds its reruns, by type redeliver its redeliveries', async () => {
    const one = await trouble(['open'])
    const post = (path: string) => herald.call('POST', path)
    const { body: rerun } = await post(`/v1/events/${one.event}/rerun`)
    const { body: redelivery } = await post(`/v1/deliveries/${one.delivery}/redeliver`)
    const finds = (query: string, { workflow }: Json) =>
      until(async () => (await listed(query)).includes(String(workflow)), { seconds: 10 })
    await finds(`EventId='${one.event}'`, rerun)
    await finds("WorkflowType='rerun'", rerun)
    await finds("WorkflowType='redeliver'", redelivery)
  })

  it('find a redelivery that failed again, by its event and webhook', async () => {
    const receiver = await startReceiver(() => ({ status: 503 }))
    receivers.push(receiver)
    const retry = { type: 'fixed', interval: '1s', retries: 0 }
    const target = { type: 'http', url: receiver.url }
    const { id } = await herald.webhook({ events: ['operate.again'], target, retry })
    const event = await herald.event({ type: 'operate.again' })
    const delivery = await herald.reached(id, 'failed')
    const { body } = await herald.call('POST', `/v1/deliveries/${String(delivery['id'])}/redeliver`)
    const query = `DeliveryState='failed' AND WebhookIds='${id}' AND EventId='${event}' AND ExecutionStatus='Completed'`
    expect(await until(async () => (await listed(query)).at(0), { seconds: 20 })).toBe(
      body['workflow'],
    )
  })
})

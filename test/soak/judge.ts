import { busiest } from '../support/busiest.ts'
import { judgeDuplicates, judgeNumbers, judgeOverlaps } from './judge/duplicates.ts'
import { groupBy, type History, isOwed, type Row, type Verdict } from './judge/history.ts'

/** What the receiver's clock can't tell apart: its event loop is late now and then. */
const CLOCK_MS = 15

/** Every promise that a run can be held to, each with where it was broken. */
export function judge(history: History): Verdict[] {
  return [
    judgeLost(history),
    judgeDuplicates(history),
    judgeOverlaps(history),
    judgeNumbers(history),
    judgeRates(history),
    judgeOpenWorkflows(history),
    judgeCarriers(history),
  ]
}

/** Every accepted event has a row for each of its webhooks, which is delivered or has ended for a reason that was given. */
function judgeLost(history: History): Verdict {
  const rows = new Map(history.rows.map((row) => [`${row.event}/${row.webhook}`, row]))
  const webhooks = new Map(history.webhooks.map((webhook) => [webhook.id, webhook]))
  const successes = new Set(
    history.requests.flatMap(({ status, delivery }) =>
      status >= 200 && status < 300 ? [delivery] : [],
    ),
  )
  const cancelled = new Set(
    history.asks.flatMap((ask) =>
      ask.kind === 'cancel' && 'delivery' in ask ? [ask.delivery] : [],
    ),
  )
  const wrong: string[] = []
  const ends = new Map<string, number>()
  for (const { event, webhooks: ids } of history.accepted) {
    for (const id of ids) {
      const webhook = webhooks.get(id)
      const row = rows.get(`${event}/${id}`)
      const why = !row || !webhook ? 'no row' : lostBy(row, webhook)
      if (why) wrong.push(`${event} to ${webhook?.name ?? id}: ${why}`)
      const end = row ? row.state : 'missing'
      ends.set(end, (ends.get(end) ?? 0) + 1)
    }
  }
  const counts = [...ends].map(([state, count]) => `${count} ${state}`).join(', ')
  return { name: 'nothing is lost', seen: counts || 'nothing accepted', wrong }

  function lostBy(row: Row, webhook: { attempts: number; wasPaused: boolean }) {
    if (isOwed(row)) return `still ${row.state}`
    if (row.state === 'delivered')
      return successes.has(row.id) ? undefined : 'delivered, and no success at the receiver'
    if (!row.reason) return `${row.state} without a reason`
    if (row.state === 'cancelled' && !cancelled.has(row.id)) return 'cancelled by nobody'
    if (row.state === 'skipped' && !webhook.wasPaused) return 'skipped, and never paused'
    if (row.state === 'failed' && row.failures < webhook.attempts)
      return `failed (${row.reason}) after ${row.failures} of ${webhook.attempts} attempts`
    return undefined
  }
}

/** While a webhook had a limit, no interval of its length saw more requests than it allows. */
function judgeRates({ webhooks, requests }: History): Verdict {
  const times = groupBy(requests, (one) => one.webhook)
  const limited = webhooks.flatMap(({ name, limits }) =>
    limits.map((limit) => ({ name, ...limit })),
  )
  const wrong: string[] = []
  const busy = new Map<string, number>()
  for (const { name, limit, perMs, fromMs, toMs } of limited) {
    const within = (times.get(name) ?? [])
      .map(({ atMs }) => atMs)
      .filter((atMs) => atMs >= fromMs && atMs <= toMs)
    const most = busiest(within, perMs - CLOCK_MS)
    busy.set(name, Math.max(busy.get(name) ?? 0, most))
    if (most > limit) wrong.push(`${name}: ${most} in ${perMs - CLOCK_MS} ms, ${limit} allowed`)
  }
  const seen = [...busy].map(([name, most]) => `${name} at most ${most}`).join(', ')
  return { name: 'no rate limit is exceeded', seen: seen || 'none limited', wrong }
}

/** Whether a workflow's id names this row, by its owner, its delivery, event, webhook or replay. */
export function mayCarry(workflow: string, row: Row): boolean {
  if (workflow === row.workflow) return true
  const parts = workflow.split('/')
  return [row.id, row.event, row.webhook, row.replay].some(
    (name) => name !== undefined && parts.includes(name),
  )
}

/** A workflow that has not ended still owes something to somebody. */
function judgeOpenWorkflows({ openWorkflows, rows }: History): Verdict {
  const owed = rows.filter(isOwed)
  const wrong = openWorkflows.filter((workflow) => !owed.some((row) => mayCarry(workflow, row)))
  const seen = `${openWorkflows.length} open`
  return { name: 'no workflow is open without an owed row', seen, wrong }
}

/** What is owed to a webhook that is not paused has a workflow or lane that will send it. */
function judgeCarriers({ webhooks, rows, openWorkflows }: History): Verdict {
  const paused = new Set(webhooks.flatMap(({ id, isPaused }) => (isPaused ? [id] : [])))
  const owed = rows.filter((row) => isOwed(row) && !paused.has(row.webhook))
  const wrong = owed
    .filter((row) => !openWorkflows.some((workflow) => mayCarry(workflow, row)))
    .map(({ id, event, webhook, state }) => `${id} of ${event} to ${webhook}: ${state}`)
  return { name: 'no row is owed without a carrier', seen: `${owed.length} owed`, wrong }
}

import type { Edit } from '../plan.ts'

/** A rule of herald that is broken in a copy of its build, and how the checker is to see that in a row. */
export type BrokenRule = {
  name: string
  row: string
  /** The kind of wrong that it must be found as. */
  as: string
  /** Events a second, where the usual rate does not show it. */
  rate?: number
  edits: readonly Edit[]
}

const SCHEDULE = 'delivery/schedule.js'
const SETTLEMENT = 'activities/deliver/settlement.js'
const REQUEST = 'outbound/request/delivery-request.js'
const SENDER = 'activities/deliver/sender.js'

/** Each is a fault that somebody could make in a line. None of it is ever in the product. */
export const BROKEN_RULES: readonly BrokenRule[] = [
  {
    name: 'retries begin after half of their wait',
    row: 'F00',
    as: 'schedule',
    edits: [[SCHEDULE, 'failed.endedAtMs + wait + jitter', 'failed.endedAtMs + wait / 2 + jitter']],
  },
  {
    name: 'a schedule ends an attempt early',
    row: 'F00',
    as: 'schedule',
    edits: [[SCHEDULE, 'if (failed.failures >=', 'if (failed.failures + 1 >=']],
  },
  {
    name: 'a schedule goes on for an attempt more',
    row: 'F00',
    as: 'schedule',
    edits: [[SCHEDULE, 'if (failed.failures >=', 'if (failed.failures >']],
  },
  {
    name: 'a 5xx counts as a success',
    row: 'F00',
    as: 'lost',
    edits: [['delivery/outcome.js', 'status < 300', 'status < 600']],
  },
  {
    name: 'one in ten successes is not believed',
    row: 'F00',
    as: 'duplicated',
    edits: [
      [
        SETTLEMENT,
        "return { state: 'delivered' };",
        "return random < 0.1 ? { state: 'unknown', dueAt: new Date(result.endedAt) } : { state: 'delivered' };",
      ],
    ],
  },
  {
    name: 'a lane sends one more than its limit',
    row: 'F00',
    as: 'rate',
    rate: 60,
    edits: [
      ['delivery/slot-rule.js', 'latestFirst[limit - 1 - ahead]', 'latestFirst[limit - ahead]'],
    ],
  },
  {
    name: 'what is cancelled goes on',
    row: 'F00',
    as: 'cancelled',
    edits: [
      [
        'models/deliveries/changes.js',
        "const update = finished({ state: 'cancelled', reason }, at);",
        'const update = { $set: { updatedAt: at } };',
      ],
    ],
  },
  {
    name: 'a retry has other bytes',
    row: 'F00',
    as: 'corrupt',
    edits: [
      [
        REQUEST,
        'const body = Buffer.from(row.body);',
        "const body = Buffer.from(attempt.number > 1 ? row.body + ' ' : row.body);",
      ],
    ],
  },
  {
    name: 'a retry has another id',
    row: 'F00',
    as: 'corrupt',
    edits: [[REQUEST, 'id: row.event,', 'id: row.event + (attempt.number > 1 ? 0 : ""),']],
  },
  {
    name: 'what is signed is not what is sent',
    row: 'F00',
    as: 'corrupt',
    edits: [['outbound/request/signature.js', '.update(prefix).update(body)', '.update(prefix)']],
  },
  {
    name: 'the number of a retry leaves a gap',
    row: 'F00',
    as: 'numbers',
    edits: [
      [
        SENDER,
        'const asked = { number, nowMs: now()',
        'const asked = { number: number > 1 ? number + 1 : number, nowMs: now()',
      ],
    ],
  },
  {
    name: 'an event goes to the first of its webhooks alone',
    row: 'F00',
    as: 'lost',
    edits: [
      [
        'activities/match/match-webhooks.js',
        'set.webhooks.push(webhook._id);',
        'if (set.webhooks.length === 0) set.webhooks.push(webhook._id);',
      ],
    ],
  },
  {
    name: 'a 202 is given half a second before the event is durable',
    row: 'F01',
    as: 'lost',
    rate: 60,
    edits: [
      [
        'temporal/gateway.js',
        "const start = () => this.client.workflow.start('deliverEvents', {",
        "const start = async () => (sleep(500).then(() => this.client.workflow.start('deliverEvents', {",
      ],
      [
        'temporal/gateway.js',
        'typedSearchAttributes: searchAttributesOf(events),\n        });',
        "typedSearchAttributes: searchAttributesOf(events),\n        })).catch(() => undefined), { eagerlyStarted: false, firstExecutionRunId: '' });",
      ],
    ],
  },
]

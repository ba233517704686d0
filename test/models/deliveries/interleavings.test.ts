import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Carrier, OPEN_STATES } from '../../../src/delivery/types.ts'
import type { Models } from '../../../src/models/connect.ts'
import { DeliveryChanges } from '../../../src/models/deliveries/changes.ts'
import { Claims } from '../../../src/models/deliveries/claims.ts'
import { laneFor, type Settlement } from '../../../src/models/deliveries/updates.ts'
import { attemptOf, carrierOf, ownModels, owedRow, recordOf, rowOf } from '../../support/rows.ts'

/** Each is some twenty round trips to MongoDB; nightly HERALD_TEST_LONG has a hundred thousand. */
const RUNS = process.env['HERALD_TEST_LONG'] ? 100_000 : 1_000
/** Calls of the driver that wait for their turn. */
const GATED = ['bulkWrite', 'updateOne', 'findOne'] as const
const ATTEMPTS_EACH = 2

const own = carrierOf('own')
const again = carrierOf('again')
const lane = laneFor(own.workflow)

let models: Models
/** Who goes next decides the scheduler of the case that is played. */
let scheduler: fc.Scheduler | undefined
beforeAll(async () => {
  models = await ownModels('interleavings')
  const collection = models.deliveries.collection as unknown as Record<string, unknown>
  for (const name of GATED) {
    const call = (collection[name] as (...given: unknown[]) => Promise<unknown>).bind(collection)
    collection[name] = (...given: unknown[]) => turn(name, () => call(...given))
  }
})
afterAll(() => models.connection.close())

function turn<T>(what: string, call: () => Promise<T>): Promise<T> {
  return scheduler ? scheduler.scheduleFunction({ [what]: call }[what] as typeof call)() : call()
}

const isOwed = ({ state }: { state: string }) => (OPEN_STATES as readonly string[]).includes(state)

const outcomes = ['delivered', 'failed', 'not sent'] as const
type Outcome = (typeof outcomes)[number]
type Sent = { number: number; outcome: Outcome; from: number; to: number; settledAt: number }

/** One row, and those who want something of it. */
class Play {
  readonly sent: Sent[] = []
  reopenedAt = -1
  private tick = 0
  private readonly id: string
  private readonly claims = new Claims(models)
  private readonly changes = new DeliveryChanges(models)

  constructor(id: string) {
    this.id = id
  }

  /** A pass of a sender: what it reads decides whether it tries, and what it is told whether it sends. */
  async send(carrier: Carrier, outcome: Outcome): Promise<void> {
    for (let n = 0; n < ATTEMPTS_EACH; n++) {
      const row = await rowOf(models, this.id)
      if (!isOwed(row) || row.open || row.carrier?.run !== carrier.run) return
      const open = attemptOf(row, `${this.id}/${(this.tick += 1)}`, carrier.run)
      if ((await this.claims.claim(row, open, carrier)) === 'lost') return
      if (outcome === 'not sent') return await this.claims.giveBack(row, open)
      const one = { number: open.number, outcome, from: (this.tick += 1), to: 0, settledAt: 0 }
      this.sent.push(one)
      await turn('the receiver answers', () => Promise.resolve())
      one.to = this.tick += 1
      const settlement = this.settlementOf(outcome)
      await this.claims.settle(row, recordOf(open.number, outcome), { ...open, settlement })
      one.settledAt = this.tick += 1
    }
  }

  async handOver(outcome: Outcome): Promise<void> {
    await this.changes.handOver([{ _id: this.id }], own)
    await this.send(lane, outcome)
  }

  async cancel(): Promise<void> {
    const reason = { code: 'cancelled' as const, detail: '' }
    await this.changes.cancel({ _id: this.id, tenant: 'default' }, { reason, at: new Date() })
  }

  async reopen(outcome: Outcome): Promise<void> {
    const row = await rowOf(models, this.id)
    if (isOwed(row)) return
    await this.changes.reopen(this.id, row.round + 1, again)
    this.reopenedAt = this.tick += 1
    await this.send(again, outcome)
  }

  private settlementOf(outcome: Outcome): Settlement {
    if (outcome === 'delivered') return { state: 'delivered' }
    const at = new Date()
    return { state: 'retrying', dueAt: at, failures: this.sent.length, roundStartedAt: at }
  }
}

const actors = fc.array(
  fc.record({
    what: fc.constantFrom('send', 'send', 'handOver', 'cancel', 'reopen'),
    outcome: fc.constantFrom(...outcomes),
  }),
  { minLength: 2, maxLength: 6 },
)
type Actor = { what: string; outcome: Outcome }

function act(play: Play, { what, outcome }: Actor): Promise<void> {
  if (what === 'send') return play.send(own, outcome)
  if (what === 'handOver') return play.handOver(outcome)
  return what === 'cancel' ? play.cancel() : play.reopen(outcome)
}

/** Lets one call go after another until all have had what they wanted. */
async function played(order: fc.Scheduler, all: Promise<void>[]): Promise<void> {
  const over = Promise.all(all).then(() => true as const)
  while (!(await Promise.race([over, setImmediate(false)])))
    if (order.count() > 0) await order.waitOne()
  await over
}

let cases = 0
it('of one row nothing is sent twice, at once or unrecorded, whoever wants it and in whatever order', async () => {
  const property = fc.asyncProperty(fc.scheduler(), actors, async (order, given) => {
    const id = `row-${(cases += 1)}`
    await owedRow(models, id)
    const play = new Play(id)
    scheduler = order
    try {
      await played(
        order,
        given.map((actor) => act(play, actor)),
      )
    } finally {
      scheduler = undefined
    }
    const { sent, reopenedAt } = play
    const row = await rowOf(models, id)
    const numbers = sent.map(({ number }) => number)
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1))
    for (const [index, one] of sent.entries())
      expect(one.from, 'a request begins after the one before').toBeGreaterThan(
        sent[index - 1]?.to ?? 0,
      )
    const recorded = (row.log ?? []).map(({ number, outcome }) => ({ number, outcome }))
    expect(recorded).toEqual(sent.map(({ number, outcome }) => ({ number, outcome })))
    expect(row.attempts).toBe(sent.length)
    expect(row.open).toBeUndefined()
    const success = sent.find(
      ({ outcome, settledAt }) => outcome === 'delivered' && settledAt > reopenedAt,
    )
    if (success) expect(row.state).toBe('delivered')
  })
  await fc.assert(property, { numRuns: RUNS })
}, 3_600_000)

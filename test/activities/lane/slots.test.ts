import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { LaneSlots } from '../../../src/activities/lane/slots.ts'
import { bootClock } from '../../../src/activities/lane/boot-clock.ts'
import { preciseNow } from '../../../src/clock.ts'
import { defineModels, type Models, openModels } from '../../../src/models/connect.ts'
import { laneRingStore } from '../../../src/models/webhooks/lane-ring.ts'
import { busiest } from '../../support/busiest.ts'
import { testDatabaseUri } from '../../support/servers/servers.ts'
import { startTcpProxy, type TcpProxy } from '../../support/servers/tcp-proxy.ts'
import { until } from '../../support/until.ts'
import { busiestWindow, SlotWorld } from './slot-world.ts'

const ms = (max: number) => fc.integer({ min: 0, max })
const times = {
  connectMs: fc.constantFrom(0, 0, 0, 3, 400, 1_200),
  answerMs: fc.constantFrom(1, 5, 90, 400),
  seen: fc.constantFrom(0, 0.5, 1),
}
const count = fc.integer({ min: 1, max: 12 })
/** One thing that happens to a lane. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send' as const), count, ...times }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ahead' as const), count, ...times }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: ms(900) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('die' as const), count }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('freeze' as const), count, ms: ms(3_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('step' as const),
      ms: fc.integer({ min: -5_000, max: 5_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('limit' as const),
      limit: fc.integer({ min: 1, max: 10 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('silence' as const), ms: ms(300) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('slow' as const),
      ms: fc.constantFrom(0, 0, 5, 150, 600, 1_500),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function happen(world: SlotWorld, one: Step): Promise<void> {
  if (one.do === 'send') await world.send(one.count, one)
  else if (one.do === 'ahead') world.sendAhead(one.count, one)
  else if (one.do === 'wait') await world.advance(one.ms)
  else if (one.do === 'die') await world.die(one.count)
  else if (one.do === 'freeze') await world.freeze(one.count, one.ms)
  else if (one.do === 'limit') world.limit = one.limit
  else if (one.do === 'silence') world.silence(one.ms)
  else if (one.do === 'slow') world.writeMs = one.ms
  else {
    world.wallStepMs += one.ms
    await world.takeOver()
  }
}

describe('the slots of a lane', () => {
  it('are never more than its limit: clock steps, deaths, frozen rivals, changed limits, a slow MongoDB', async () => {
    const rates = fc.record({
      limit: fc.integer({ min: 1, max: 10 }),
      perMs: fc.constantFrom(300, 1_000, 4_000),
    })
    const steps = fc.array(step, { minLength: 5, maxLength: 60, size: 'max' })
    let sent = 0
    const property = fc.asyncProperty(rates, steps, async (rate, all) => {
      const world = await SlotWorld.of(rate)
      for (const one of all) await happen(world, one)
      await world.advance(5_000)
      const { most, allowed } = busiestWindow(world.requests, rate.perMs)
      expect(most).toBeLessThanOrEqual(allowed)
      sent += world.requests.length
    })
    await fc.assert(property, { numRuns: 2_000 })
    expect(sent).toBeGreaterThan(4_000)
  }, 240_000)

  it.each([0, 5, 300, 900])(
    'are used to the full where MongoDB takes %i ms to write and as long to answer',
    async (writeMs) => {
      const world = await SlotWorld.of({ limit: 10, perMs: 1_000 })
      world.writeMs = writeMs
      const fromMs = world.trueMs
      for (let turn = 0; turn < 4_000; turn++) {
        world.sendAhead(60, { connectMs: 0, answerMs: 5, seen: 1 })
        await world.advance(10)
      }
      const seconds = (world.trueMs - fromMs) / 1_000
      // what the answers take is lost, and at the beginning what MongoDB takes
      expect(world.requests.length).toBeGreaterThan(10 * (seconds / 1.02 - 2 * (writeMs / 500) - 2))
      expect(busiestWindow(world.requests, 1_000).most).toBeLessThanOrEqual(10)
    },
  )
})

describe('the slots of a lane in MongoDB', () => {
  const RATE = { limit: 10, perMs: 1_000 }
  const machine = { ...bootClock, nowMs: preciseNow }
  let proxy: TcpProxy
  let models: Models
  beforeAll(async () => {
    proxy = await startTcpProxy(new URL(inject('mongoUrl')).host)
    models = defineModels()
    const database = new URL(testDatabaseUri('lane_slots'))
    database.host = proxy.address
    await openModels(models, database.href)
  })
  afterAll(async () => {
    proxy.slow(0)
    await models.connection.dropDatabase()
    await models.connection.close(true)
    await proxy.close()
  })

  const take = (webhook: string) =>
    LaneSlots.take(laneRingStore(models.laneRings), machine, { tenant: 'default', webhook })

  /** Uses every slot that it gets for a while, as a lane with a backlog and a quick receiver does; when each was used. */
  async function use(slots: LaneSlots, forMs: number, left: number[]): Promise<void> {
    const untilMs = preciseNow() + forMs
    await until(() => {
      void slots.reserve(RATE, 40)
      for (let turn = slots.turn(RATE); turn; turn = slots.turn(RATE)) {
        if (turn.gate()) left.push(preciseNow())
        turn.ended(preciseNow() + 1)
      }
      return preciseNow() > untilMs
    })
    await slots.close(RATE)
  }

  it('that a dead sender had stored count as used, as late as they could have been', async () => {
    const dead = await take('dead')
    await dead.reserve(RATE, 10)
    expect(dead.stored()).toBe(10)
    const next = await take('dead')
    const inMs = next.nextMs(RATE) - preciseNow()
    expect(inMs).toBeGreaterThan(1_800)
    expect(inMs).toBeLessThan(2_600)
    expect(next.used(RATE)).toBe(10)
  })

  it('that were not used are given back at the end of a round', async () => {
    const first = await take('closed')
    await first.reserve(RATE, 10)
    await first.close(RATE)
    const next = await take('closed')
    expect(next.nextMs(RATE)).toBeLessThanOrEqual(preciseNow())
  })

  it('are nobody’s who was replaced: it is told, and what it had stored counts for the next', async () => {
    const first = await take('replaced')
    await first.reserve(RATE, 10)
    const next = await take('replaced')
    const turn = first.turn(RATE)
    expect(turn?.gate()).toBe(true)
    expect(next.turn(RATE)).toBeUndefined()
    expect(next.nextMs(RATE)).toBeGreaterThan(preciseNow() + 1_000)
    await first.close(RATE)
    expect(first.isFenced).toBe(true)
    expect(first.turn(RATE)).toBeUndefined()
    expect(turn?.gate()).toBe(false)
  })

  it('of two senders that fight for a lane are together never more than its limit', async () => {
    const left: number[] = []
    await Promise.all(
      [0, 150, 700].map(async (afterMs) => {
        const fromMs = preciseNow()
        await until(() => preciseNow() - fromMs >= afterMs)
        await use(await take('fought'), 5_000, left)
      }),
    )
    expect(left.length).toBeGreaterThan(20)
    expect(busiest(left, 1_000)).toBeLessThanOrEqual(10)
  })

  it.each([300, 600, 1_200])(
    'are used to the full while MongoDB answers %i ms late',
    async (lateMs) => {
      const slots = await take(`late ${lateMs}`)
      const left: number[] = []
      await use(slots, 1_000, left)
      proxy.slow(lateMs)
      const before = left.length
      await use(slots, 8_000, left)
      proxy.slow(0)
      expect(left.length - before).toBeGreaterThan((8_000 / (1_000 + lateMs / 2)) * 8)
      expect(busiest(left, 1_000)).toBeLessThanOrEqual(10)
    },
  )
})

import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { EventEnvelope } from '../../src/delivery/types.ts'
import { Gatherer, type StartGroup } from '../../src/ingest/gatherer.ts'
import { EventTooLarge, IngestUnavailable } from '../../src/ingest/types.ts'

/** Of each kind of case; nightly HERALD_TEST_LONG has a hundred thousand. */
const RUNS = process.env['HERALD_TEST_LONG'] ? 100_000 : 5_000
const DEADLINE_MS = 3_000
const GATE_WIDTH = 2
const fanOut = { of: () => 1 }

beforeAll(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterAll(() => void vi.useRealTimers())

type Answer = 'here' | 'elsewhere' | 'existed' | 'away'
const answers = fc.constantFrom<Answer>('here', 'here', 'elsewhere', 'existed', 'away')
const requests = fc.array(
  fc.record({ events: fc.integer({ min: 1, max: 4 }), isHuge: fc.boolean() }),
  { minLength: 1, maxLength: 8 },
)
const world = {
  requests,
  answers: fc.infiniteStream(answers),
  waits: fc.array(fc.constantFrom(10, 260, 1_500), { maxLength: 4 }),
  groupMax: fc.constantFrom(1, 3, 500),
  hasHuge: fc.boolean(),
}

const eventOf = (id: string, isHuge: boolean): EventEnvelope => ({
  tenant: 'default',
  id,
  type: isHuge ? 'huge' : 'a.b',
  receivedAt: '2026-11-23T00:00:00.000Z',
  data: '1',
  hash: id,
})

type World = {
  [Part in keyof typeof world]: (typeof world)[Part] extends fc.Arbitrary<infer Value>
    ? Value
    : never
}

/** What Temporal sees and answers; each answer comes when the scheduler says. */
class Temporal {
  readonly started: string[] = []
  readonly accepted = new Map<string, number>()
  openMost = 0
  largest = 0
  private open = 0
  private readonly scheduler: fc.Scheduler
  private readonly answers: Iterator<Answer>
  matched: (workflow: string) => void = () => {}

  constructor(scheduler: fc.Scheduler, stream: Iterator<Answer>) {
    this.scheduler = scheduler
    this.answers = stream
  }

  readonly start: StartGroup = async (events, _deadlineAtMs, onStarting) => {
    const workflow = `group-${this.started.length}`
    onStarting(workflow)
    this.started.push(...events.map(({ id }) => id))
    this.largest = Math.max(this.largest, events.length)
    this.open += 1
    this.openMost = Math.max(this.openMost, this.open)
    const answer = this.answers.next().value as Answer
    await this.scheduler.schedule(Promise.resolve(), `${workflow} is answered: ${answer}`)
    this.open -= 1
    if (events.some(({ type }) => type === 'huge')) throw new EventTooLarge('too large')
    if (answer === 'away') throw new IngestUnavailable('away')
    for (const { id } of events) this.accepted.set(id, (this.accepted.get(id) ?? 0) + 1)
    if (answer === 'here')
      void this.scheduler
        .schedule(Promise.resolve(), `${workflow} is matched`)
        .then(() => this.matched(workflow))
    return { here: answer === 'here', existed: answer === 'existed' }
  }
}

async function play(scheduler: fc.Scheduler, given: World) {
  const temporal = new Temporal(scheduler, given.answers)
  const { groupMax, hasHuge } = given
  const gatherer = new Gatherer({ start: temporal.start, groupMax, now: Date.now, fanOut })
  temporal.matched = (workflow) => gatherer.matched(workflow)
  const sent: { ids: string[]; isHuge: boolean; became: string[] }[] = []
  for (const [n, { events, isHuge }] of given.requests.entries()) {
    const one = { ids: [] as string[], isHuge: isHuge && hasHuge, became: [] as string[] }
    const all = Array.from({ length: events }, (_, nth) => eventOf(`${n}-${nth}`, one.isHuge))
    one.ids = all.map(({ id }) => id)
    void scheduler.schedule(Promise.resolve(), `request ${n}`).then(async () => {
      sent.push(one)
      await gatherer.add(all, Date.now() + DEADLINE_MS).then(
        () => one.became.push('accepted'),
        (error: Error) => one.became.push(error.name),
      )
    })
  }
  for (const waitMs of given.waits)
    void scheduler
      .schedule(Promise.resolve(), `${waitMs} ms pass`)
      .then(() => vi.advanceTimersByTime(waitMs))
  await scheduler.waitIdle()
  // the gate opens after its patience, and lets the next ones go
  for (let n = 0; gatherer.active && n < 50; n++) {
    vi.advanceTimersByTime(250)
    await scheduler.waitIdle()
  }
  vi.advanceTimersByTime(250)
  return { temporal, gatherer, sent }
}

const remembered = (gatherer: Gatherer) =>
  (gatherer as unknown as { releases: Map<string, unknown> }).releases.size

it('whatever the order of requests, answers and times, each request is answered once and no event starts twice', async () => {
  const property = fc.asyncProperty(fc.scheduler(), fc.record(world), async (scheduler, given) => {
    const { temporal, gatherer, sent } = await play(scheduler, given)
    expect(sent).toHaveLength(given.requests.length)
    for (const { ids, became, isHuge } of sent) {
      expect(became).toHaveLength(1)
      if (became[0] !== 'accepted') continue
      expect(isHuge).toBe(false)
      for (const id of ids) expect(temporal.accepted.get(id)).toBe(1)
    }
    for (const times of temporal.accepted.values()) expect(times).toBe(1)
    const isSplit = given.groupMax < 4
    if (!isSplit) expect(temporal.largest).toBeLessThanOrEqual(given.groupMax)
    if (given.groupMax === 1) expect(temporal.largest).toBe(1)
    // what was too large together is tried alone, beside the gate
    if (!given.hasHuge) expect(temporal.openMost).toBeLessThanOrEqual(GATE_WIDTH)
    expect(gatherer.active).toBe(false)
    expect(gatherer.waiting).toBe(0)
    expect(remembered(gatherer)).toBe(0)
  })
  await fc.assert(property, { numRuns: RUNS })
}, 1_800_000)

it('requests leave in the order in which they came', async () => {
  const property = fc.asyncProperty(fc.scheduler(), fc.record(world), async (scheduler, given) => {
    const { temporal, sent } = await play(scheduler, { ...given, hasHuge: false })
    const place = new Map(sent.flatMap(({ ids }) => ids).map((id, index) => [id, index]))
    const places = temporal.started.map((id) => place.get(id) ?? -1)
    // requests that are started in parts go on side by side
    if (given.groupMax === 500) expect(places).toEqual(places.toSorted((a, b) => a - b))
  })
  await fc.assert(property, { numRuns: RUNS / 5 })
}, 1_800_000)

import { describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../src/delivery/types.ts'
import { Gatherer, type StartGroup } from '../../src/ingest/gatherer.ts'
import { EventTooLarge, IngestUnavailable } from '../../src/ingest/types.ts'
import { until } from '../support/until.ts'

const event = (id: string, size = 10): EventEnvelope => ({
  tenant: 'default',
  id,
  type: 'a.b',
  receivedAt: '2026-11-23T00:00:00.000Z',
  data: JSON.stringify('x'.repeat(size)),
  hash: id,
})
const soon = () => Date.now() + 3_000
/** Nothing is known of any type. */
const fanOut = { of: () => 1 }

/** A start whose answers the test gives itself. */
function controlled() {
  const groups: { ids: string[]; answer: (here: boolean) => void; fail: (e: Error) => void }[] = []
  const start: StartGroup = (events, _deadlineAtMs, onStarting) =>
    new Promise((resolve, reject) => {
      onStarting(`group-${groups.length}`)
      const answer = (here: boolean) => resolve({ here, existed: false })
      groups.push({ ids: events.map((one) => one.id), answer, fail: reject })
    })
  return { groups, start }
}

describe('group start', () => {
  it('gives each event its own workflow while there is capacity, and what arrives meanwhile shares the next', async () => {
    const { groups, start } = controlled()
    const gatherer = new Gatherer({ start, groupMax: 500, now: Date.now, fanOut })
    const all = ['a', 'b', 'c', 'd', 'e'].map((id) => gatherer.add([event(id)], soon()))
    expect(groups.map((group) => group.ids)).toEqual([['a'], ['b']])
    groups[0]?.answer(true)
    gatherer.matched('group-0')
    await until(() => groups.length === 3)
    expect(groups[2]?.ids).toEqual(['c', 'd', 'e'])
    for (const group of groups) group.answer(false)
    await Promise.all(all)
  })

  it('with GROUP_MAX=1 no two events share a workflow', async () => {
    const { groups, start } = controlled()
    const gatherer = new Gatherer({ start, groupMax: 1, now: Date.now, fanOut })
    const all = ['a', 'b', 'c', 'd'].map((id) => gatherer.add([event(id)], soon()))
    for (let n = 0; n < 4; n++) {
      await until(() => groups.length > n)
      groups[n]?.answer(false)
    }
    await Promise.all(all)
    expect(groups.map((group) => group.ids)).toEqual([['a'], ['b'], ['c'], ['d']])
  })

  it('a group holds at most 1 MiB', async () => {
    const { groups, start } = controlled()
    const gatherer = new Gatherer({ start, groupMax: 500, now: Date.now, fanOut })
    const ids = ['a', 'b', 'c', 'd', 'e']
    const all = ids.map((id) => gatherer.add([event(id, 400_000)], soon()))
    for (let n = 0; n < 4; n++) {
      await until(() => groups.length > n)
      groups[n]?.answer(false)
    }
    await Promise.all(all)
    expect(groups.map((group) => group.ids)).toEqual([['a'], ['b'], ['c', 'd'], ['e']])
  })

  it('a group owes at most 10,000 deliveries, as far as its types are known, and a request that owes more is started in parts', async () => {
    const { groups, start } = controlled()
    const wide = { of: () => 4_000 }
    const gatherer = new Gatherer({ start, groupMax: 500, now: Date.now, fanOut: wide })
    const requests = [['a'], ['b'], ['c'], ['d', 'e'], ['f', 'g', 'h', 'i', 'j']]
    const all = requests.map((ids) =>
      gatherer.add(
        ids.map((id) => event(id)),
        soon(),
      ),
    )
    for (let n = 0; n < 7; n++) {
      await until(() => groups.length > n)
      groups[n]?.answer(false)
    }
    await Promise.all(all)
    const ids = groups.map((group) => group.ids.join(''))
    expect(ids).toEqual(['a', 'b', 'c', 'de', 'fg', 'hi', 'j'])
  })

  it('opens 250 ms after the answer though the first matchWebhooks never ends', async () => {
    const { groups, start } = controlled()
    const gatherer = new Gatherer({ start, groupMax: 500, now: Date.now, fanOut })
    const all = ['a', 'b', 'c'].map((id) => gatherer.add([event(id)], soon()))
    const answeredAt = Date.now()
    groups[0]?.answer(true)
    await until(() => groups.length === 3)
    expect(Date.now() - answeredAt).toBeGreaterThanOrEqual(240)
    for (const group of groups) group.answer(false)
    await Promise.all(all)
  })

  it('a matchWebhooks that ends before the answer of its start arrives does not shut the gate', async () => {
    const { groups, start } = controlled()
    const gatherer = new Gatherer({ start, groupMax: 500, now: Date.now, fanOut })
    const all = ['a', 'b', 'c'].map((id) => gatherer.add([event(id)], soon()))
    gatherer.matched('group-0')
    await until(() => groups.length === 3)
    for (const group of groups) group.answer(true)
    await Promise.all(all)
  })

  it('what waits at the gate until its deadline is refused, and never started', async () => {
    const { groups, start } = controlled()
    const gatherer = new Gatherer({ start, groupMax: 500, now: Date.now, fanOut })
    const first = ['a', 'b'].map((id) => gatherer.add([event(id)], soon()))
    const late = gatherer.add([event('late')], Date.now() + 50)
    await expect(late).rejects.toBeInstanceOf(IngestUnavailable)
    for (const group of groups) group.answer(false)
    await Promise.all(first)
    expect(groups.flatMap((group) => group.ids)).toEqual(['a', 'b'])
  })

  it('a group that Temporal finds too large is started one request at a time, so nobody hurts a neighbour', async () => {
    const tried: string[][] = []
    const start: StartGroup = async (events, _deadlineAtMs, onStarting) => {
      onStarting(`group-${tried.length}`)
      tried.push(events.map((one) => one.id))
      if (events.some((one) => one.id === 'big')) throw new EventTooLarge('too large')
      return { here: false, existed: false }
    }
    const gatherer = new Gatherer({ start, groupMax: 500, now: Date.now, fanOut })
    const ids = ['a', 'b', 'c', 'big', 'd']
    const all = await Promise.allSettled(ids.map((id) => gatherer.add([event(id)], soon())))
    expect(all.map((one) => one.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(tried.some((group) => group.length > 1 && group.includes('big'))).toBe(true)
  })

  it('a failed start opens the gate again', async () => {
    const { groups, start } = controlled()
    const gatherer = new Gatherer({ start, groupMax: 500, now: Date.now, fanOut })
    const all = ['a', 'b', 'c'].map((id) => gatherer.add([event(id)], soon()))
    groups[0]?.fail(new IngestUnavailable('away'))
    await expect(all[0]).rejects.toBeInstanceOf(IngestUnavailable)
    await until(() => groups.length === 3)
    for (const group of groups) group.answer(false)
    await Promise.all(all.slice(1))
  })

  it('nothing is remembered of starts that failed, nor of those that are over', async () => {
    let isAway = true
    let starts = 0
    const start: StartGroup = (_events, _deadlineAtMs, onStarting) => {
      onStarting(`group-${starts++}`)
      if (isAway) return Promise.reject(new IngestUnavailable('away'))
      return Promise.resolve({ here: false, existed: false })
    }
    const gatherer = new Gatherer({ start, groupMax: 1, now: Date.now, fanOut })
    const add = (id: string) => gatherer.add([event(id), event(`${id}-2`)], soon())
    const remembered = () =>
      (gatherer as unknown as { releases: Map<string, unknown> }).releases.size
    const failed = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => add(`${n}`)))
    expect(failed.filter((one) => one.status === 'rejected')).toHaveLength(50)
    expect(remembered()).toBe(0)
    isAway = false
    await add('up')
    await until(() => remembered() === 0)
    expect(starts).toBe(52)
  })
})

it('a group that is to pause starts after the pause, with all that has come meanwhile', async () => {
  const { groups, start } = controlled()
  const pauses = [0, 30, 0]
  const pace = { waitMs: () => pauses.shift() ?? 0, started: () => undefined }
  const gatherer = new Gatherer({ start, groupMax: 500, now: Date.now, fanOut, pace })
  const all = ['a', 'b', 'c'].map((id) => gatherer.add([event(id)], soon()))
  expect(groups.map((group) => group.ids)).toEqual([['a']])
  await until(() => groups.length === 2)
  expect(groups[1]?.ids).toEqual(['b', 'c'])
  for (const group of groups) group.answer(false)
  await Promise.all(all)
})

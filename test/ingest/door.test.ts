import { expect, it } from 'vitest'
import { Door } from '../../src/ingest/door.ts'
import { IngestUnavailable } from '../../src/ingest/types.ts'

function doorFor(capacity: number) {
  const inside = { count: capacity }
  const door = new Door(() => capacity - inside.count, Date.now)
  const entered: string[] = []
  const enter = (name: string, patienceMs = 5_000) =>
    door.enter(Date.now() + patienceMs).then(() => void entered.push(name))
  return { door, inside, entered, enter }
}

it('requests that find no room wait, and come in in their order as there is room', async () => {
  const { door, inside, entered, enter } = doorFor(3)
  const all = ['a', 'b', 'c', 'd'].map((name) => enter(name))
  await Promise.resolve()
  expect(entered).toEqual([])
  inside.count = 1
  door.open()
  await Promise.all(all.slice(0, 2))
  expect(entered).toEqual(['a', 'b'])
  inside.count = 0
  door.open()
  await Promise.all(all)
  expect(entered).toEqual(['a', 'b', 'c', 'd'])
})

it('a request that comes while others wait goes behind them, though there is room', async () => {
  const { door, inside, entered, enter } = doorFor(2)
  const first = enter('first')
  inside.count = 0
  const second = enter('second')
  door.open()
  await Promise.all([first, second])
  expect(entered).toEqual(['first', 'second'])
})

it('a request that waited until its deadline is refused, and keeps no one out', async () => {
  const { door, inside, entered, enter } = doorFor(1)
  await expect(enter('late', 20)).rejects.toThrow(IngestUnavailable)
  inside.count = 0
  door.open()
  await enter('next')
  expect(entered).toEqual(['next'])
})

import { expect, it } from 'vitest'
import { Unattempted } from '../../src/ingest/unattempted.ts'

it('a workflow that is started again counts once, and no more once it has had its first attempt', () => {
  const unattempted = new Unattempted()
  unattempted.add('event/default/a', 1)
  unattempted.add('events/b', 7)
  unattempted.add('event/default/a', 1)
  expect(unattempted.events).toBe(8)
  unattempted.delete('event/default/a')
  unattempted.delete('event/default/a')
  expect(unattempted.events).toBe(7)
  unattempted.delete('events/b')
  expect(unattempted.events).toBe(0)
})

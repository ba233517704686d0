import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Bell } from '../../../src/activities/lane/bells.ts'

const never = new AbortController().signal

it('a ring wakes who waits now, also after an earlier wait that was given up has ended', async () => {
  const bell = new Bell()
  const givenUp = bell.wait(10, never)
  let woken = false
  const waiting = bell.wait(60_000, never).then(() => (woken = true))
  await givenUp
  expect(woken).toBe(false)
  bell.ring()
  await Promise.race([waiting, sleep(1_000)])
  expect(woken).toBe(true)
})

it('a ring that nobody waited for is heard by the next wait, once', async () => {
  const bell = new Bell()
  bell.ring()
  await bell.wait(60_000, never)
  expect(bell.heard()).toBe(true)
  expect(bell.heard()).toBe(false)
})

import { AsyncResource } from 'node:async_hooks'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { vi } from 'vitest'
import { bootClock } from '../../src/activities/lane/boot-clock.ts'
import { currentHost, type World } from './world.ts'

type Sleep = (
  ms?: number,
  value?: unknown,
  options?: { signal?: AbortSignal; ref?: boolean },
) => Promise<unknown>

/** What `import ... from 'node:timers/promises'` gives, once the exports are brought up to date. */
const promises = createRequire(import.meta.url)('node:timers/promises') as { setTimeout: Sleep }
const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis
const real = {
  timers: { setTimeout, clearTimeout, setInterval, clearInterval },
  sleep: promises.setTimeout,
  bootMs: bootClock.bootMs,
}
/** What a timer cannot hold becomes the shortest, as in Node. */
const LONGEST_MS = 2 ** 31 - 1
const delayOf = (ms = 1) => (ms >= 1 && ms <= LONGEST_MS ? ms : 1)

class ModelTimer {
  stop = () => {}

  unref(): this {
    return this
  }
}

/**
 * Puts the world's time in the place of the clocks and of the timers of the processes' code. The timers of MongoDB's driver
 * and of vitest, which run in no process, stay what they are. Gives what undoes it.
 */
export function installTime(world: World): () => void {
  vi.useFakeTimers({ toFake: ['Date'], now: world.nowMs })
  world.timeCame = (nowMs) => void vi.setSystemTime(nowMs)
  Object.defineProperty(performance, 'timeOrigin', { value: 0, configurable: true })
  Object.defineProperty(performance, 'now', { value: () => world.nowMs, configurable: true })
  bootClock.bootMs = () => world.nowMs
  Object.assign(globalThis, timersOf(world))
  promises.setTimeout = sleepOf(world)
  syncBuiltinESMExports()
  return () => {
    vi.useRealTimers()
    Reflect.deleteProperty(performance, 'timeOrigin')
    Reflect.deleteProperty(performance, 'now')
    bootClock.bootMs = real.bootMs
    Object.assign(globalThis, real.timers)
    promises.setTimeout = real.sleep
    syncBuiltinESMExports()
  }
}

function timersOf(world: World) {
  const clear = (timer: unknown) =>
    timer instanceof ModelTimer ? timer.stop() : real.timers.clearTimeout(timer as NodeJS.Timeout)
  return {
    setTimeout(run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) {
      const host = currentHost.getStore()
      if (!host) return real.timers.setTimeout(run, ms, ...args)
      const timer = new ModelTimer()
      const bound = AsyncResource.bind(() => run(...args))
      timer.stop = world.later(delayOf(ms), bound, host)
      return timer
    },
    setInterval(run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) {
      const host = currentHost.getStore()
      if (!host) return real.timers.setInterval(run, ms, ...args)
      const timer = new ModelTimer()
      const bound = AsyncResource.bind(() => run(...args))
      const again = () => {
        timer.stop = world.later(delayOf(ms), again, host)
        bound()
      }
      timer.stop = world.later(delayOf(ms), again, host)
      return timer
    },
    clearTimeout: clear,
    clearInterval: clear,
  }
}

function sleepOf(world: World): Sleep {
  return (ms, value, options = {}) => {
    const host = currentHost.getStore()
    if (!host) return real.sleep(ms, value, options)
    const { signal } = options
    return new Promise((resolve, reject) => {
      const abort = () => {
        stop()
        const name = 'AbortError'
        reject(
          Object.assign(new Error('The operation was aborted', { cause: signal?.reason }), {
            name,
          }),
        )
      }
      const stop = world.later(
        delayOf(ms),
        () => {
          signal?.removeEventListener('abort', abort)
          resolve(value)
        },
        host,
      )
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  }
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cap, type Release, Permits } from '../../../src/activities/deliver/permits.ts'

const cap = (key: string, limit: number): Cap => ({ key, limit: () => limit })
const PATIENT = { patienceMs: 60_000 }
const NOW = { patienceMs: 0 }

/** Webhooks `w0` to `w5` at three origins of two tenants; a webhook with nothing open is let in at its origin. */
const LIMITS = { webhook: 2, origin: 3, tenant: 4 }
function capsOf(webhook: number): Cap[] {
  return [
    cap(`w${webhook}`, LIMITS.webhook),
    { ...cap(`origin ${webhook % 3}`, LIMITS.origin), lenient: true },
    cap(`tenant ${webhook % 2}`, LIMITS.tenant),
  ]
}

/** What is open and who waits, kept beside the real permits by what they have granted. */
class Model {
  readonly permits = new Permits()
  readonly held: { webhook: number; release: Release }[] = []
  readonly waiting: { webhook: number; giveUp: AbortController }[] = []
  /** Webhooks that were let in after a wait, with what each had open then and who else might have gone. */
  readonly unfair: string[] = []

  open(key: string): number {
    return this.held.filter(({ webhook }) => capsOf(webhook).some((one) => one.key === key)).length
  }

  hasRoom(webhook: number): boolean {
    const isFirst = this.open(`w${webhook}`) === 0
    return capsOf(webhook).every(
      ({ key, limit, lenient }) => this.open(key) < limit() || (lenient === true && isFirst),
    )
  }

  async ask(webhook: number): Promise<void> {
    const giveUp = new AbortController()
    const one = { webhook, giveUp }
    this.waiting.push(one)
    const { signal } = giveUp
    void this.permits.acquire(capsOf(webhook), { patienceMs: 60_000, signal }).then((release) => {
      this.waiting.splice(this.waiting.indexOf(one), 1)
      if (!release) return
      const fewest = Math.min(
        ...this.waiting
          .filter((other) => this.hasRoom(other.webhook))
          .map((other) => this.open(`w${other.webhook}`)),
      )
      if (this.open(`w${webhook}`) > fewest) this.unfair.push(`w${webhook}`)
      this.held.push({ webhook, release })
    })
    await flush()
  }
}

async function flush(): Promise<void> {
  for (let tick = 0; tick < 10; tick++) await Promise.resolve()
}

describe('permits', () => {
  it('are never more than a limit, never free while somebody could have them, and go to who has the fewest', async () => {
    const pick = fc.nat()
    const action = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('ask' as const), pick }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('release' as const), pick }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), pick }) },
    )
    const property = fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (actions) => {
      const model = new Model()
      for (const one of actions) {
        if (one.do === 'ask') await model.ask(one.pick % 6)
        else if (one.do === 'release')
          model.held.splice(one.pick % (model.held.length || 1), 1)[0]?.release()
        else model.waiting[one.pick % (model.waiting.length || 1)]?.giveUp.abort()
        await flush()
        for (const { webhook } of model.waiting) expect(model.hasRoom(webhook)).toBe(false)
        for (const tenant of ['tenant 0', 'tenant 1'])
          expect(model.open(tenant)).toBeLessThanOrEqual(LIMITS.tenant)
        for (const origin of [0, 1, 2])
          // beyond its limit only those that have one each
          expect(model.open(`origin ${origin}`)).toBeLessThanOrEqual(LIMITS.origin + 1)
      }
      expect(model.unfair).toEqual([])
    })
    await fc.assert(property, { numRuns: 300 })
  })

  it('go to whoever holds the fewest, then to who came first', async () => {
    const permits = new Permits()
    const tenant = cap('tenant', 2)
    const order: string[] = []
    const take = async (name: string) => {
      const release = await permits.acquire([cap(name, 10), tenant], PATIENT)
      order.push(name)
      return release
    }
    const held = await Promise.all([take('busy'), take('busy')])
    const all = Promise.all(
      ['busy', 'busy', 'quiet', 'calm'].map(async (name) => (await take(name))?.()),
    )
    held[0]?.()
    await all
    expect(order.slice(2)).toEqual(['quiet', 'calm', 'busy', 'busy'])
  })

  it('that did not come free in time are nobody’s, and a release counts once', async () => {
    const permits = new Permits()
    const one = [cap('a', 1)]
    const release = await permits.acquire(one, NOW)
    expect(await permits.acquire(one, { patienceMs: 5 })).toBeUndefined()
    release?.()
    release?.()
    expect(await permits.acquire(one, NOW)).toBeDefined()
    expect(await permits.acquire(one, NOW)).toBeUndefined()
  })

  it('of who gave up go to the next, and after the end nobody waits', async () => {
    const permits = new Permits()
    const one = [cap('a', 1)]
    const release = await permits.acquire(one, NOW)
    const giveUp = new AbortController()
    const first = permits.acquire(one, { ...PATIENT, signal: giveUp.signal })
    const second = permits.acquire(one, PATIENT)
    const third = permits.acquire(one, PATIENT)
    expect(permits.waiting('a')).toBe(3)
    giveUp.abort()
    expect(await first).toBeUndefined()
    release?.()
    expect(await second).toBeDefined()
    permits.close()
    expect(await third).toBeUndefined()
    expect(await permits.acquire(one, PATIENT)).toBeUndefined()
  })

  it('are given to thousands that wait for one tenant without looking at all of them each time', async () => {
    const permits = new Permits()
    const tenant = cap('tenant', 100)
    let looks = 0
    const limit = () => {
      looks += 1
      return 10
    }
    const served = Array.from({ length: 3_000 }, async (_, n) => {
      const release = await permits.acquire([{ key: `w${n}`, limit }, tenant], PATIENT)
      await new Promise(setImmediate)
      release?.()
    })
    await Promise.all(served)
    expect(looks).toBeLessThan(20 * 3_000)
  })
})

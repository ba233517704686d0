import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Models } from '../../../src/models/connect.ts'
import { DeliveryChanges } from '../../../src/models/deliveries/changes.ts'
import { Claims } from '../../../src/models/deliveries/claims.ts'
import { LOG_MAX, type Settlement } from '../../../src/models/deliveries/updates.ts'
import { attemptOf, carrierOf, ownModels, owedRow, recordOf, rowOf } from '../../support/rows.ts'
import { until } from '../../support/until.ts'

const own = carrierOf('own')
const retrying = () => ({
  state: 'retrying' as const,
  dueAt: new Date(Date.now() + 1_000),
  failures: 1,
  roundStartedAt: new Date(),
})
const delivered = { state: 'delivered' as const }
const cancelled = {
  state: 'cancelled' as const,
  reason: { code: 'cancelled' as const, detail: 'A person cancelled it.' },
  at: new Date(),
}

let models: Models
let claims: Claims
let changes: DeliveryChanges
beforeAll(async () => {
  models = await ownModels('claims')
  claims = new Claims(models)
  changes = new DeliveryChanges(models)
})
afterAll(() => models.connection.close())

describe('a claim', () => {
  it('is given to one of two senders of one process, at once or one after the other', async () => {
    const row = await owedRow(models, 'two-at-once')
    const answers = await Promise.all(
      ['a', 'b'].map((token) => claims.claim(row, attemptOf(row, token), own)),
    )
    expect(answers.toSorted()).toEqual(['claimed', 'lost'])
    const later = await owedRow(models, 'one-after-the-other')
    expect(await claims.claim(later, attemptOf(later, 'a'), own)).toBe('claimed')
    expect(await claims.claim(later, attemptOf(later, 'b'), own)).toBe('lost')
  })

  it('is given to exactly one of any number of senders of any number of processes', async () => {
    const processes = [claims, new Claims(models), new Claims(models)] as const
    let n = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(0, 1, 2), { minLength: 2, maxLength: 8 }),
        async (senders) => {
          n += 1
          const row = await owedRow(models, `many-${n}`)
          const answers = await Promise.all(
            senders.map((at, index) => processes[at].claim(row, attemptOf(row, `${index}`), own)),
          )
          expect(answers.filter((answer) => answer === 'claimed')).toHaveLength(1)
          const token = `${answers.indexOf('claimed')}`
          expect((await rowOf(models, row._id)).open?.token).toBe(token)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is told right to each sender of a group of which some lose', async () => {
    const rows = await Promise.all(
      Array.from({ length: 40 }, (_, index) => owedRow(models, `group-${index}`)),
    )
    const even = rows.filter((_row, index) => index % 2 === 0)
    await Promise.all(even.map((row) => claims.claim(row, attemptOf(row, 'first'), own)))
    const answers = await Promise.all(
      rows.map((row) => claims.claim(row, attemptOf(row, 'second'), own)),
    )
    const want = rows.map((_row, index) => (index % 2 === 0 ? 'lost' : 'claimed'))
    expect(answers).toEqual(want)
  })

  it.each(['delivered', 'failed', 'cancelled', 'skipped'] as const)(
    'is refused of a row that is %s',
    async (state) => {
      const row = await owedRow(models, `final-${state}`, { state })
      expect(await claims.claim(row, attemptOf(row, 'a'), own)).toBe('lost')
    },
  )

  it('is refused to who does not carry the row, and to an earlier run of who does', async () => {
    const row = await owedRow(models, 'carried')
    const others = [carrierOf('other'), { ...own, run: 'run-before-the-reset' }]
    for (const other of others)
      expect(await claims.claim(row, attemptOf(row, 'x', other.run), other)).toBe('lost')
    expect(await claims.claim(row, attemptOf(row, 'a'), own)).toBe('claimed')
  })

  it('is refused to who read the row before that attempt was made and settled', async () => {
    const row = await owedRow(models, 'read-before')
    const open = attemptOf(row, 'a')
    await claims.claim(row, open, own)
    await claims.settle(row, recordOf(1, 'failed'), { ...open, settlement: retrying() })
    expect(await claims.claim(row, attemptOf(row, 'late'), own)).toBe('lost')
    expect(await rowOf(models, row._id)).toMatchObject({ attempts: 1, log: [{ number: 1 }] })
  })

  it('that was given back leaves its number to the next one', async () => {
    const row = await owedRow(models, 'given-back')
    const open = attemptOf(row, 'a')
    await claims.claim(row, open, own)
    await claims.giveBack(row, open)
    const again = await rowOf(models, row._id)
    expect([again.attempts, again.open]).toEqual([0, undefined])
    expect(await claims.claim(again, attemptOf(again, 'b'), own)).toBe('claimed')
  })

  it('is renewed while it is its holder’s, and lost once it was written off', async () => {
    const row = await owedRow(models, 'renewed')
    const open = attemptOf(row, 'a')
    await claims.claim(row, open, own)
    const untilAt = new Date(Date.now() + 90_000)
    expect(await claims.renew(row, open, untilAt)).toBe('claimed')
    expect((await rowOf(models, row._id)).open?.until).toEqual(untilAt)
    await claims.writeOff(row, open, new Date())
    expect(await claims.renew(row, open, untilAt)).toBe('lost')
  })
})

describe('a result', () => {
  it('is on record in the same write as what it makes of its row', async () => {
    const row = await owedRow(models, 'one-write')
    const open = attemptOf(row, 'a')
    await claims.claim(row, open, own)
    await claims.settle(row, recordOf(1, 'failed'), { ...open, settlement: retrying() })
    const after = await rowOf(models, row._id)
    expect(after).toMatchObject({ state: 'retrying', failures: 1, lastAttempt: { number: 1 } })
    expect(after.log).toMatchObject([{ number: 1, outcome: 'failed' }])
    expect(after).not.toHaveProperty('open')
  })

  it('of a row that was cancelled meanwhile is on record, and the row stays cancelled', async () => {
    const row = await owedRow(models, 'cancelled')
    const open = attemptOf(row, 'a')
    await claims.claim(row, open, own)
    await changes.end([row], cancelled)
    expect(
      await claims.settle(row, recordOf(1, 'failed'), { ...open, settlement: retrying() }),
    ).toBe('ended')
    const after = await rowOf(models, row._id)
    expect(after).toMatchObject({ state: 'cancelled', log: [{ number: 1, outcome: 'failed' }] })
    expect(after).not.toHaveProperty('open')
    expect(after).not.toHaveProperty('dueAt')
  })

  it('that is a success counts also of a row that was cancelled meanwhile', async () => {
    const row = await owedRow(models, 'cancelled-late')
    const open = attemptOf(row, 'a')
    await claims.claim(row, open, own)
    await changes.end([row], cancelled)
    const became = await claims.settle(row, recordOf(1, 'delivered'), {
      ...open,
      settlement: delivered,
    })
    expect(became).toBe('settled')
    const after = await rowOf(models, row._id)
    expect(after).toMatchObject({ state: 'delivered', log: [{ outcome: 'delivered' }] })
    expect(after).not.toHaveProperty('reason')
  })

  it('that comes after its attempt was written off replaces `unknown`, and delivers if it is a success', async () => {
    for (const outcome of ['delivered', 'failed'] as const) {
      const row = await owedRow(models, `written-off-${outcome}`)
      const open = attemptOf(row, 'a')
      await claims.claim(row, open, own)
      await claims.writeOff(row, open, new Date())
      expect((await rowOf(models, row._id)).log).toMatchObject([{ outcome: 'unknown' }])
      const settlement = outcome === 'delivered' ? delivered : retrying()
      await claims.settle(row, recordOf(1, outcome), { ...open, settlement })
      const after = await rowOf(models, row._id)
      expect(after.log).toMatchObject([{ number: 1, outcome }])
      expect(after.state).toBe(outcome === 'delivered' ? 'delivered' : 'retrying')
    }
  })

  it('that comes after its attempt was written off counts against the schedule, until a further attempt has begun', async () => {
    const late = async (
      id: string,
      { isFollowed = false, settlement = retrying() as Settlement },
    ) => {
      const row = await owedRow(models, id)
      const open = attemptOf(row, 'a')
      await claims.claim(row, open, own)
      await claims.writeOff(row, open, new Date())
      const again = await rowOf(models, row._id)
      if (isFollowed) await claims.claim(again, attemptOf(again, 'next'), own)
      const became = await claims.settle(row, recordOf(1, 'failed'), { ...open, settlement })
      return { became, after: await rowOf(models, row._id) }
    }
    const counted = await late('late-counted', {})
    expect(counted.became).toBe('settled')
    expect(counted.after).toMatchObject({ state: 'retrying', failures: 1, unknowns: 0 })
    const failed = {
      state: 'failed' as const,
      reason: { code: 'timeout' as const, detail: 'd' },
      failures: 1,
    }
    const last = await late('late-last', { settlement: failed })
    expect(last.after).toMatchObject({ state: 'failed', reason: { code: 'timeout' } })
    expect(last.after).not.toHaveProperty('dueAt')
    const followed = await late('late-followed', { isFollowed: true })
    expect(followed.became).toBe('ended')
    expect(followed.after).toMatchObject({ failures: 0, unknowns: 1, open: { token: 'next' } })
    expect(followed.after.log).toMatchObject([{ number: 1, outcome: 'failed' }])
  })

  it('of a dead attempt leaves a later one alone that is under way', async () => {
    const row = await owedRow(models, 'zombie')
    const dead = attemptOf(row, 'dead')
    await claims.claim(row, dead, own)
    await claims.writeOff(row, dead, new Date())
    const again = await rowOf(models, row._id)
    const alive = attemptOf(again, 'alive')
    expect(await claims.claim(again, alive, own)).toBe('claimed')
    await claims.settle(row, recordOf(1, 'failed'), { ...dead, settlement: retrying() })
    expect((await rowOf(models, row._id)).open?.token).toBe('alive')
    await claims.settle(again, recordOf(2, 'delivered'), { ...alive, settlement: delivered })
    const after = await rowOf(models, row._id)
    expect(after.state).toBe('delivered')
    expect(after.log).toMatchObject([{ number: 1 }, { number: 2 }])
  })

  it('marks its event as delivered', async () => {
    const row = await owedRow(models, 'marked')
    const _id = `default/${row.event}`
    const event = { type: 'a.b', data: '{}', hash: 'h', workflow: 'w', webhooks: [], id: row.event }
    const more = { tenant: 'default', receivedAt: new Date(), delivered: false }
    await models.events.create({ _id, ...event, ...more })
    const open = attemptOf(row, 'a')
    await claims.claim(row, open, own)
    await claims.settle(row, recordOf(1, 'delivered'), { ...open, settlement: delivered })
    await until(async () => (await models.events.findById(_id).lean())?.delivered === true)
  })
})

describe('the log of a row', () => {
  it('holds the latest attempts; older ones become documents of their own, none is lost', async () => {
    const total = LOG_MAX + 3
    let row = await owedRow(models, 'long-log')
    for (let number = 1; number <= total; number++) {
      const open = attemptOf(row, `t${number}`)
      expect(await claims.claim(row, open, own)).toBe('claimed')
      await claims.settle(row, recordOf(number, 'failed'), { ...open, settlement: retrying() })
      row = await rowOf(models, row._id)
    }
    const older = await models.attempts.find({ delivery: row._id }).sort({ number: 1 }).lean()
    const numbers = [...older, ...(row.log ?? [])].map((attempt) => attempt.number)
    expect(numbers).toEqual(Array.from({ length: total }, (_, index) => index + 1))
    expect(row.log).toHaveLength(LOG_MAX)
    expect(row.firstAttemptAt?.getTime()).toBe(older[0]?.startedAt.getTime())
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import { ThreadPool } from '../../src/threads/pool.ts'

const texts = {
  id: 'evt_1',
  type: 'a.b',
  subject: null,
  reference: null,
  context: '{}',
  data: JSON.stringify({ n: 5, a: Array.from({ length: 30_000 }, () => 0) }),
}
const filter = { shared: texts, owner: 'a', limitMs: 100 }
const FOR_EVER = 'data.a.exists(x, size(data.a + data.a + data.a + data.a) < 0)'

describe('the threads that run what strangers wrote', () => {
  const pools: ThreadPool[] = []
  const newPool = () => {
    const pool = new ThreadPool()
    pools.push(pool)
    return pool
  }
  afterEach(() => {
    for (const pool of pools.splice(0)) pool.close()
  })

  it('give what a task gives', async () => {
    const pool = newPool()
    const outcome = await pool.run('evaluateFilter', { ...filter, input: 'data.n == 5' })
    expect(outcome).toMatchObject({ kind: 'done', value: { ok: true, value: true } })
  })

  it('cut off what takes too long, and go on with the next', async () => {
    const pool = newPool()
    const [late, next] = await Promise.all(
      [FOR_EVER, 'data.n == 5'].map((input) => pool.run('evaluateFilter', { ...filter, input })),
    )
    expect(late).toMatchObject({ kind: 'cut', why: 'time' })
    expect(next).toMatchObject({ kind: 'done' })
  })

  it('are ended where they do not end by themselves, and replaced', async () => {
    const pool = newPool()
    const schema = { items: { allOf: Array.from({ length: 4_000 }, () => ({ type: 'null' })) } }
    const asked = { input: { schema: JSON.stringify(schema), value: '[]' }, owner: 'a', limitMs: 1 }
    const outcome = await pool.run('validateText', { ...asked, graceMs: 20 })
    expect(outcome).toMatchObject({ kind: 'cut', why: 'time' })
    const after = await pool.run('evaluateFilter', { ...filter, input: 'data.n == 5' })
    expect(after).toMatchObject({ kind: 'done' })
  })

  it('die of what takes too much memory, without the process, and are replaced', async () => {
    const pool = newPool()
    const data = `{"n":[${'{"a":[1]},'.repeat(1_500_000)}1]}`
    const asked = { ...filter, shared: { ...texts, data }, limitMs: 120_000 }
    const outcome = await pool.run('evaluateFilter', { ...asked, input: 'data.n == 5' })
    expect(outcome).toMatchObject({ kind: 'cut', why: 'memory' })
    const after = await pool.run('evaluateFilter', { ...filter, input: 'data.n == 5' })
    expect(after).toMatchObject({ kind: 'done' })
  }, 180_000)

  it('do not wait longer than somebody has patience', async () => {
    const pool = newPool()
    const ask = { ...filter, input: FOR_EVER, limitMs: 300 }
    const busy = Promise.all(Array.from({ length: 6 }, () => pool.run('evaluateFilter', ask)))
    const late = await pool.run('evaluateFilter', { ...ask, patienceMs: 50 })
    expect(late).toEqual({ kind: 'busy', tookMs: 0 })
    expect((await busy).map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => 'cut'))
  })

  it('give each owner a turn, however much another one asks', async () => {
    const pool = newPool()
    const order: string[] = []
    const ask = async (owner: string, input: string) => {
      await pool.run('evaluateFilter', { ...filter, owner, input })
      order.push(owner)
    }
    await Promise.all([
      ...Array.from({ length: 12 }, () => ask('greedy', FOR_EVER)),
      ask('modest', 'data.n == 5'),
    ])
    expect(order.indexOf('modest')).toBeLessThan(6)
  })
})

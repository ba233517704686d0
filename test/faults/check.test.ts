import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { check } from '../../faults/check/check.ts'
import { BREAKS, planted } from '../../faults/check/planted.ts'
import { historyText, mergeHistories, type Operation } from '../../faults/history.ts'

/** Recorded by `npm run faults -- F00 --seconds 6 --rate 8`. */
const GOOD = new URL('good.jsonl', import.meta.url)
const SECOND = 1e9

let folder: string
let good: Operation[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-check-'))
  good = mergeHistories([await readFile(GOOD, 'utf8')])
})
afterAll(() => rm(folder, { recursive: true }))

async function judged(history: readonly Operation[], name = 'history') {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.jsonl`)
  await writeFile(file, historyText(history))
  return check(file)
}

describe('a recorded history', () => {
  it('is good: nothing is lost, twice, early, late or changed', async () => {
    const { valid, acked, failed, cancelled, wrong } = await judged(good)
    expect(wrong).toEqual(Object.fromEntries(Object.keys(wrong).map((kind) => [kind, []])))
    expect(valid).toBe(true)
    expect([acked > 20, failed > 0, cancelled > 0]).toEqual([true, true, true])
  })

  it.each(BREAKS.map(({ name, as }) => [name, as]))(
    'with %s is found wrong, as %s',
    async (name, as) => {
      const broken = planted(good, (all) => all[0]).find((one) => one.name === name)
      expect(broken, 'it fits nowhere').toBeDefined()
      const { valid, wrong } = await judged(broken?.history ?? [], name)
      expect(valid).toBe(false)
      expect(wrong[as]).not.toEqual([])
    },
  )
})

/** An event that is received twice: answered at 1.02 s, and again at 3 s. */
function twice(fault?: Operation['value']): Operation[] {
  const event = { event: 'e', type: 't', proof: 'p' }
  const seen = { event: 'e', webhook: 'w', delivery: 'd', sha256: 's', proof: 'p', signed: true }
  const attempts = [
    { number: 1, outcome: 'unknown' },
    { number: 2, outcome: 'delivered' },
  ]
  const operation = (
    seconds: number,
    process: Operation['process'],
    [type, f]: [Operation['type'], Operation['f']],
    value: Operation['value'],
  ): Operation => ({ time: Math.round(seconds * SECOND), process, type, f, value })
  const hook = { webhook: 'w', types: ['t'], attempts: 3, delayMs: 1_000 }
  const final = { event: 'e', webhook: 'w', delivery: 'd', state: 'delivered', attempts }
  return [
    operation(0, 'nemesis', ['info', 'webhook'], hook),
    operation(0.5, 1, ['invoke', 'publish'], event),
    operation(0.6, 1, ['ok', 'publish'], event),
    operation(1, 2, ['invoke', 'receive'], { ...seen, attempt: 1 }),
    operation(1.02, 2, ['ok', 'receive'], { event: 'e', status: 200 }),
    operation(3, 3, ['invoke', 'receive'], { ...seen, attempt: 2 }),
    operation(3.02, 3, ['ok', 'receive'], { event: 'e', status: 200 }),
    ...(fault ? [operation(4, 'nemesis', ['info', 'fault'], fault)] : []),
    operation(5, 'nemesis', ['info', 'final'], final),
  ]
}
const fault = (role: string, does: string, beganSeconds: number, forSeconds = 0.1) => {
  const gone = (beganSeconds + forSeconds) * SECOND
  return { part: 'x', role, does, began: beganSeconds * SECOND, gone, mended: gone, ended: gone }
}

describe('a duplicate', () => {
  it.each([
    ['while its request was open, or 9 ms after the answer', fault('sender', 'kill', 1.029)],
    ['which stood still with it', fault('sender', 'freeze', 0.9, 1.5)],
    ['while the store was away with its result', fault('sender', 'kill', 2.5)],
  ])('is explained by a sender that died %s', async (when, why) => {
    const history = twice(why)
    if (when.includes('store'))
      history.push({ ...(history.at(-2) as Operation), value: fault('store', 'kill', 0.9, 1.2) })
    const { explained, valid } = await judged(history)
    expect({ explained, valid }).toEqual({ explained: 1, valid: true })
  })

  it.each([
    ['nothing', undefined],
    ['a sender that died 11 ms after the answer', fault('sender', 'kill', 1.031)],
    ['a sender that died before the request', fault('sender', 'kill', 0.7)],
    ['the death of a store alone', fault('store', 'kill', 1.0)],
    ['the death of the engine', fault('engine', 'kill', 1.0)],
    ['a sender that was told to end', fault('sender', 'terminate', 1.0)],
  ])('is not explained by %s', async (_, why) => {
    const { wrong } = await judged(twice(why))
    expect(wrong['duplicated']).toHaveLength(1)
  })
})

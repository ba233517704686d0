import { describe, expect, it } from 'vitest'
import { costFigures, rowOf } from '../../../bench/measure/figures.ts'
import { percentiles } from '../../../bench/median.ts'

describe('the figures of a case', () => {
  it('are medians of the rounds, of several numbers each for itself', () => {
    const rounds = [
      { 'delivered/s': 10, 'ack ms': [1, 9, 30] },
      { 'delivered/s': 30, 'ack ms': [3, 7, 10] },
      { 'delivered/s': 20, 'ack ms': [2, 8, 20] },
    ]
    expect(rowOf('case', rounds).figures).toEqual({ 'delivered/s': 20, 'ack ms': [2, 8, 20] })
  })

  it('show the worst round of what must not happen, also where others had none', () => {
    const { figures } = rowOf('case', [{ lost: 0 }, { lost: 2, 'refused (503)': 7 }, { lost: 0 }])
    expect(figures).toEqual({ lost: 2, 'refused (503)': 7 })
  })

  it('sum the CPU of the measured system without that of the bench', () => {
    const used = {
      herald: { cpuMs: 300, residentMib: 200 },
      mongo: { cpuMs: 100, residentMib: 50 },
      generator: { cpuMs: 50, residentMib: 60 },
    }
    expect(costFigures(used, 100, ['generator'])).toEqual({
      'CPU ms/event': 4,
      'herald CPU': 3,
      'mongo CPU': 1,
      'generator CPU': 0.5,
      'herald MiB': 200,
      'mongo MiB': 50,
    })
  })
})

describe('percentiles', () => {
  it('are values that were measured', () => {
    const values = Array.from({ length: 100 }, (_, n) => 100 - n)
    expect(percentiles(values)).toEqual([50, 95, 99])
  })
})

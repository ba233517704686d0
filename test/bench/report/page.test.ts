import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { performancePage } from '../../../bench/report/page.ts'
import { readResults, type Results, resultsText } from '../../../bench/report/results.ts'
import { readable, tablesOf } from '../../../bench/report/table.ts'

const figures = { 'delivered/s': 1_234.4, 'ack ms': [1.5, 20, 300.4], 'CPU ms/event': 0.754 }
const results: Results = {
  measuredAt: '2026-01-02T03:04:05.000Z',
  command: 'npm run bench -- ingest --mongo fast',
  machine: { CPU: 'one, 2 cores', MongoDB: 'mongod 7' },
  results: [
    {
      scenario: 'ingest',
      says: 'What it is.',
      rows: [{ name: 'herald', figures, rounds: [figures] }],
    },
  ],
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-results-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('the results of a bench', () => {
  it('are read as they were written, without figures that are no number', async () => {
    const file = join(folder, 'results.json')
    const rows = [
      { name: 'herald', figures: { ...figures, '× p99': Number.NaN }, rounds: [figures] },
    ]
    const [result] = results.results
    const given = { ...results, results: [{ scenario: 'ingest', says: result?.says ?? '', rows }] }
    await writeFile(file, resultsText(given))
    expect(await readResults(file)).toEqual(results)
  })

  it('make a page with machine, command and a table of what came and what it cost', async () => {
    const page = await performancePage([results])
    expect(page).toContain('## With mongod 7')
    expect(page).toContain('Measured on 2026-01-02 by `npm run bench -- ingest --mongo fast`.')
    expect(page).toMatch(/\| herald +\| 1,234 +\| 1.50 \/ 20 \/ 300 +\|/)
    expect(page).toMatch(/\| herald +\| 0.754 +\|/)
  })
})

describe('the page of figures', () => {
  it('names a machine once, with all that was measured there', async () => {
    const other = { ...results, machine: { ...results.machine, MongoDB: 'secantusd 1' } }
    const page = await performancePage([results, other, results])
    expect(page.match(/^##+ .*/gm)).toEqual([
      '## With mongod 7',
      '### ingest',
      '### ingest',
      '## With secantusd 1',
      '### ingest',
    ])
  })
})

describe('a table', () => {
  it('leaves out a case that has none of its figures', () => {
    const rows = [
      { name: 'a', figures: { 'list ms': 5 }, rounds: [] },
      { name: 'b', figures: { 'herald CPU': 5 }, rounds: [] },
    ]
    const [outcome = '', cost = ''] = tablesOf(rows).split('\n\n')
    expect(outcome).not.toContain('| b |')
    expect(cost).not.toContain('| a |')
  })

  it.each([
    [0, '0'],
    [12_345.6, '12,346'],
    [45.678, '45.7'],
    [4.5678, '4.57'],
    [0.05678, '0.057'],
    [Infinity, '–'],
  ])('writes %d as %s', (value, text) => {
    expect(readable(value)).toBe(text)
  })
})

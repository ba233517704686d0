import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Ledger, mergeHistories, preciseNow } from '../../faults/history.ts'

const operation = (process: number) => ({
  process,
  type: 'invoke' as const,
  f: 'publish' as const,
  value: {},
})
const line = (time: number) => `${JSON.stringify({ time, ...operation(time) })}\n`

it('what was appended to a ledger is in its file once that has resolved, however many append at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'herald-ledger-'))
  const file = join(folder, 'ledger.jsonl')
  const ledger = await Ledger.open(file, preciseNow())
  const appended = Array.from({ length: 200 }, async (_, nth) => {
    await ledger.append(operation(nth))
    expect(await readFile(file, 'utf8')).toContain(`"process":${nth},`)
  })
  await Promise.all(appended)
  await ledger.close()
  expect(mergeHistories([await readFile(file, 'utf8')])).toHaveLength(200)
  await rm(folder, { recursive: true })
})

it('histories are merged by time, without a last line that a kill has cut', () => {
  const merged = mergeHistories([`${line(2)}${line(4)}`, `${line(1)}${line(3)}{"time":`])
  expect(merged.map(({ time }) => time)).toEqual([1, 2, 3, 4])
})

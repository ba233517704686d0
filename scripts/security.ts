// All checks of `npm run security`: a table, and `N passed, N failed` as its last line. `--long` is the nightly form.
import { argv, stdout } from 'node:process'
import { allChecks } from './security/checks.ts'
import type { Verdict } from './security/verdict.ts'

/** All checks together; the nightly form, each of them. */
const LIMIT_MS = 480_000
const LONG_LIMIT_MS = 3_600_000

const long = argv.includes('--long')
const endsAtMs = Date.now() + LIMIT_MS

type Row = { name: string; seconds: number } & Verdict
const rows: Row[] = []

for (const { name, run } of allChecks({ long })) {
  const startedMs = Date.now()
  const limitMs = long ? LONG_LIMIT_MS : Math.max(1, endsAtMs - startedMs)
  const verdict = await run(limitMs).catch((error: unknown): Verdict => ({
    result: 'failed',
    detail: String(error),
  }))
  const seconds = Math.round((Date.now() - startedMs) / 1_000)
  rows.push({ name, seconds, ...verdict })
  if (verdict.detail !== '') stdout.write(`--- ${name}: ${verdict.result}\n${verdict.detail}\n`)
}

const width = Math.max(...rows.map(({ name }) => name.length))
const line = (name: string, result: string, seconds: string) =>
  `${name.padEnd(width)}  ${result.padEnd(7)}  ${seconds.padStart(7)}\n`
stdout.write(`\n${line('check', 'result', 'seconds')}`)
for (const { name, result, seconds } of rows) stdout.write(line(name, result, String(seconds)))
const count = (wanted: Verdict['result']) => rows.filter(({ result }) => result === wanted).length
stdout.write(`${count('passed')} passed, ${count('failed')} failed\n`)
process.exitCode = count('failed') === 0 ? 0 : 1

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkApiDocument } from './api-document.ts'
import { licenceFaults } from './licences.ts'
import { lockFaults, readLock, readManifest } from './lock-file.ts'
import { allActionFaults } from './pinned-actions.ts'
import { allImageFaults, allRequirementFaults } from './pinned-requirements.ts'
import { runProgram } from './run-program.ts'
import { sbomFaults, sbomOf } from './sbom.ts'
import { faultless, type Verdict, verdictOf } from './verdict.ts'

export type Check = { name: string; run: (limitMs: number) => Promise<Verdict> }

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SBOM_FILE = 'dist/sbom.cdx.json'
const LONG_RUNS = '200000'

/** Every check, the quick ones first; `long` is the nightly form. */
export function allChecks({ long }: { long: boolean }): Check[] {
  return [
    { name: 'lock file', run: () => faultless(lockFaults(readLock(), readManifest())) },
    { name: 'licences', run: () => faultless(licenceFaults(readLock(), readManifest())) },
    { name: 'pinned actions', run: () => faultless(allActionFaults(ROOT)) },
    { name: 'pinned Python packages', run: () => faultless(allRequirementFaults(ROOT)) },
    { name: 'pinned images', run: () => faultless(allImageFaults(ROOT)) },
    { name: `SBOM (${SBOM_FILE})`, run: writeSbom },
    { name: 'npm audit', run: audit },
    tests('address table', { files: /^outbound\/address\/address-/, long }),
    tests('outbound requests', {
      files: /^outbound\/(.*\/)?(post|request-headers|limit-head|bombs|own-origins|reconnect)/,
      long,
    }),
    tests('blocks of the event loop', {
      files: /^(api\/http\/blocks|(catalogue|filter)\/bombs|outbound\/connect\/answers)/,
      long,
    }),
    tests('parsers, fuzzed', { files: /^fuzz\//, long }),
    tests('roles and tenants', { files: /^api\/access\/(auth|roles)/, long }),
    tests('leaks of secrets', { files: /^e2e\/kills\/leak/, long }),
    {
      name: 'API against its document',
      run: (limitMs) => checkApiDocument({ long }, limitMs),
    },
  ]
}

/** Runs the test files under test/ that fit; where there is none, they were moved, and the check fails. */
function tests(name: string, { files, long }: { files: RegExp; long: boolean }): Check {
  const run = async (limitMs: number): Promise<Verdict> => {
    const all = readdirSync(join(ROOT, 'test'), { recursive: true }).map(String)
    const found = all.filter((file) => files.test(file) && file.endsWith('.test.ts'))
    if (found.length === 0) return { result: 'failed', detail: `no test file ${files.source}` }
    const ended = await runProgram(
      [
        process.execPath,
        'node_modules/vitest/vitest.mjs',
        'run',
        ...(long ? [`--testTimeout=${limitMs}`] : []),
        ...found.map((file) => `test/${file}`),
      ],
      {
        limitMs,
        environment: {
          NO_COLOR: '1',
          ...(long && { FUZZ_RUNS: LONG_RUNS, HERALD_TEST_LONG: '1' }),
        },
      },
    )
    return verdictOf(ended)
  }
  return { name, run }
}

async function writeSbom(limitMs: number): Promise<Verdict> {
  const command = ['npm', 'sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
  const ended = await runProgram([...command, '--loglevel=silent'], { limitMs })
  if (ended.code !== 0) return verdictOf(ended)
  const lock = readLock()
  const sbom = sbomOf(ended.output, lock, readManifest())
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  writeFileSync(join(ROOT, SBOM_FILE), `${JSON.stringify(sbom, null, 2)}\n`)
  return faultless(sbomFaults(sbom, lock))
}

/** Passed only where the registry has answered: one that does not offer advisories says nothing about the packages. */
async function audit(limitMs: number): Promise<Verdict> {
  const command = [
    'npm',
    'audit',
    '--omit=dev',
    '--audit-level=high',
    '--json',
    '--loglevel=silent',
  ]
  const ended = await runProgram(command, { limitMs: Math.min(limitMs, 60_000) })
  if (ended.output.includes('"auditReportVersion"')) return verdictOf(ended)
  const status = /"statusCode": (\d+)/.exec(ended.output)?.[1]
  const reason = status === undefined ? 'cannot be reached' : `answers ${status}`
  return { result: 'skipped', detail: `the registry's audit ${reason}` }
}

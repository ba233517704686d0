// Property-based requests (Schemathesis) against a running herald, made from its OpenAPI document.
//   node scripts/schemathesis.mjs --url http://127.0.0.1:8080 --key hk_… [--minutes 20] [--seed 1]
// Ends with 1 where an answer is 5xx, breaks the document, or is given without a key; with 0 and `skipped: reason` where
// Schemathesis cannot be installed.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, exit, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import {
  alone,
  cacheFolder,
  exists,
  output,
  pinnedVersion,
  pipInstall,
} from './servers/install.mjs'

const VERSION = pinnedVersion('schemathesis')
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'ignored_auth',
]

const INSTALL_TIMEOUT_MS = 120_000
const REVOKE = '/v1/api-keys/{id}'
/** Of the time, for revoking. */
const REVOKE_SHARE = 0.05

function say(line) {
  stdout.write(`schemathesis: ${line}\n`)
}

/** The program in a virtual environment of the cache, installed once. */
async function program() {
  const cache = cacheFolder()
  const folder = join(cache, `schemathesis-${VERSION}`)
  const file = join(folder, 'bin', 'schemathesis')
  const python = join(folder, 'bin', 'python')
  const install = async () => {
    if (await exists(file)) return
    say(`installing ${VERSION} …`)
    await rm(folder, { recursive: true, force: true }) // a virtual environment cannot be renamed when it is whole
    await mkdir(cache, { recursive: true })
    await output('python3', ['-m', 'venv', folder])
    await pipInstall('schemathesis', { python, timeout: INSTALL_TIMEOUT_MS })
  }
  await alone(cache, install, say)
  return file
}

async function api({ url, key }, method, path, body) {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, json: await response.json() }
}

/** A key of a tenant of its own, so that what is made and deleted touches nobody. */
async function ownKey(herald) {
  const tenant = `schemathesis-${Date.now()}`
  const body = { name: 'schemathesis', role: 'admin', tenant }
  const { status, json } = await api(herald, 'POST', '/v1/api-keys', body)
  if (status !== 201) throw new Error(`no key could be made: ${status} ${json.detail ?? ''}`)
  return json.value
}

/** In a folder of its own, since it leaves its cache where it runs; what it says is shown, and gives the number of requests. */
function run(file, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text
      stdout.write(text)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const cases = /^ *(\d+) generated/m.exec(said)?.[1] ?? '?'
      resolve({ code: code ?? 1, cases })
    })
  })
}

/** Revoking by id runs apart, with made-up ids: among real ones the run would find its own key. */
function argsFor({ url, minutes, seed }, key, { report, only }) {
  const revoke = only
    ? ['--phases', 'coverage,fuzzing', '--include-path', REVOKE]
    : ['--exclude-path', REVOKE, '--exclude-path', '/v1/deliveries/tail'] // that one goes on and on
  return [
    ['run', new URL('/v1/openapi.json', url).href, '--url', url],
    ['--header', `Authorization: Bearer ${key}`, '--checks', CHECKS.join(',')],
    ['--max-time', String(Math.round(minutes * 60)), '--seed', seed, '--continue-on-failure'],
    ['--request-timeout', '15', '--suppress-health-check', 'all', '--warnings', 'off'],
    ['--report', 'junit', '--report-junit-path', report],
    revoke,
  ].flat()
}

/** Operations and failures from the JUnit report. */
async function summary(report) {
  const text = await readFile(report, 'utf8').catch(() => '')
  const count = (tag) => text.split(`<${tag}`).length - 1
  return `${count('testcase')} operations, ${count('failure')} failures, ${count('error ')} errors`
}

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    url: { type: 'string' },
    key: { type: 'string' },
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
})
const { url, key, seed } = values
const minutes = Number(values.minutes)
if (!url || !key || !(minutes > 0)) throw new Error('give --url, --key and --minutes above 0')
const file = await program().catch((error) => {
  stdout.write(`skipped: Schemathesis can not be installed: ${error.message}\n`)
  exit(0)
})
const folder = await mkdtemp(join(tmpdir(), 'herald-schemathesis-'))
const own = await ownKey({ url, key })
const parts = [
  { report: join(folder, 'all.xml'), only: false, share: 1 - REVOKE_SHARE },
  { report: join(folder, 'revoke.xml'), only: true, share: REVOKE_SHARE },
]
let failed = false
for (const { share, ...part } of parts) {
  const { code, cases } = await run(
    file,
    argsFor({ url, minutes: minutes * share, seed }, own, part),
    folder,
  )
  failed ||= code !== 0
  say(`${await summary(part.report)}, ${cases} cases, seed ${seed}; exit code ${code}`)
}
await rm(folder, { recursive: true, force: true })
const { status } = await api({ url, key: own }, 'GET', '/v1/webhooks')
if (status !== 200) say(`void: the key of the run was answered ${status} at its end`)
exit(failed || status !== 200 ? 1 : 0)

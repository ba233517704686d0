// npm run clients: lints docs/openapi.json, generates a client of it in each language, and has it create a webhook, send events
// and page their deliveries against a herald of its own, whose metrics promlint reads. Needs a network, Python with venv, and Go. Not part of `npm test`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, env, execPath, exit, stdout } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { CLIENTS, lint } from './clients/tools.mjs'

const START_S = 120

/** A herald on free ports, as `npm start` starts it. */
async function startHerald(dataDir) {
  const args = ['--import', 'tsx', 'dev/main.ts', '--port', '0', '--no-demo', '--json']
  const child = spawn(execPath, [...args, '--data-dir', dataDir], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGINT')
    await ended
  }
  for (let waited = 0; waited < START_S; waited++) {
    const text = await readFile(join(dataDir, 'dev.json'), 'utf8').catch(() => undefined)
    if (text !== undefined) return { ...JSON.parse(text), stop }
    if (child.exitCode !== null) throw new Error('herald has not started')
    await sleep(1_000)
  }
  await stop()
  throw new Error(`herald has not started within ${START_S} s`)
}

async function attempt(name, work) {
  const startedMs = Date.now()
  const fault = await work().then(
    () => undefined,
    (error) => error,
  )
  const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1)
  stdout.write(`clients: ${name} ${fault ? `failed: ${fault.message}` : 'ok'} (${seconds} s)\n`)
  return fault === undefined
}

const wanted = argv.length > 2 ? argv.slice(2) : ['lint', ...Object.keys(CLIENTS)]
const folder = await mkdtemp(join(tmpdir(), 'herald-clients-'))
const receiver = createServer((request, response) => request.resume() && response.end())
await once(receiver.listen(0, '127.0.0.1'), 'listening')
const RECEIVER_URL = `http://127.0.0.1:${receiver.address().port}/`
let isAllRight = !wanted.includes('lint') || (await attempt('lint', lint))
const herald = await startHerald(join(folder, 'data'))
try {
  const names = { HERALD_URL: herald.api, HERALD_KEY: herald.apiKey, METRICS_URL: herald.metrics }
  const own = { ...env, ...names, RECEIVER_URL }
  for (const [name, run] of Object.entries(CLIENTS).filter(([one]) => wanted.includes(one))) {
    const scratch = join(folder, name)
    await mkdir(scratch)
    isAllRight = (await attempt(name, () => run(scratch, own))) && isAllRight
  }
} finally {
  await herald.stop()
  receiver.close()
  receiver.closeAllConnections()
  await rm(folder, { recursive: true, force: true })
}
exit(isAllRight ? 0 : 1)

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextFreePort } from '../../../dev/servers/ports.ts'
import { startMark } from '../../../dev/servers/process-identity.ts'
import { apiUrl, heraldEnvironment, metricsUrl } from '../../../dev/stack-environment.ts'
import { backoffMs, superviseHerald } from '../../../dev/servers/supervisor.ts'
import { until } from '../../support/until.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-supervisor-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function command(script: string) {
  const logFile = join(folder, 'herald.log')
  return { program: process.execPath, args: ['-e', script], env: process.env, logFile }
}

function supervised(script: string, port: number) {
  const pids: number[] = []
  const herald = superviseHerald({
    command: command(script),
    api: `http://127.0.0.1:${port}`,
    started: async (pid) => void pids.push(pid),
    died: () => undefined,
    back: () => undefined,
  })
  return { herald, pids }
}

describe('the supervision of herald', () => {
  it('starts it again at once after a kill -9, and leaves nothing after a stop', async () => {
    const port = await nextFreePort(28_080)
    const script = `require('http').createServer((q, s) => s.end()).listen(${port}, '127.0.0.1')`
    const { herald, pids } = supervised(script, port)
    await herald.ready
    process.kill(pids[0] ?? 0, 'SIGKILL')
    await until(async () => pids.length === 2, { seconds: 10, what: 'a second process' })
    await until(async () => (await fetch(`http://127.0.0.1:${port}`).catch(() => undefined))?.ok, {
      seconds: 10,
      what: 'an answer',
    })
    await herald.stop()
    expect(pids.length).toBe(2)
    for (const pid of pids) expect(await startMark(pid)).toBeUndefined()
  })

  it('gives up a herald that never starts, and shows why', async () => {
    const { herald, pids } = supervised("console.log('PORT: wrong'); process.exit(1)", 1)
    await expect(herald.ready).rejects.toThrow('PORT: wrong')
    expect(pids.length).toBe(3)
    await herald.stop()
  })

  it('tells when it can not be started again, because its folder is gone', async () => {
    const port = await nextFreePort(28_280)
    const script = `require('http').createServer((q, s) => s.end()).listen(${port}, '127.0.0.1')`
    const { herald, pids } = supervised(script, port)
    await herald.ready
    await rm(folder, { recursive: true })
    process.kill(pids[0] ?? 0, 'SIGKILL')
    await expect(herald.failed).rejects.toThrow('ENOENT')
    await herald.stop()
  })

  it('waits longer with each death, at most 5 s', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 20].map(backoffMs)).toEqual([
      0, 0, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000,
    ])
  })
})

describe('the environment of herald', () => {
  const wiring = {
    dataDir: '/data',
    port: 1,
    metricsPort: 9,
    masterKeys: 'k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
    apiKey: 'hk_x',
    mongo: 'mongodb://127.0.0.1:2/herald',
    temporal: { address: '127.0.0.1:3', namespace: 'default', listeners: ['127.0.0.1:4'] },
    workflowBundle: undefined,
  }

  it('allows loopback targets over http where nobody decided', () => {
    const env = heraldEnvironment({}, wiring)
    expect(env).toMatchObject({ OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8', ALLOW_HTTP: 'true' })
  })

  it('keeps what the user set, an empty value too', () => {
    const env = heraldEnvironment({ OUTBOUND_ALLOW_CIDRS: '', ALLOW_HTTP: 'false' }, wiring)
    expect(env).toMatchObject({ OUTBOUND_ALLOW_CIDRS: '', ALLOW_HTTP: 'false' })
  })

  it('has metrics at a port that was free, unless the user names one, or none', () => {
    expect(heraldEnvironment({}, wiring)).toMatchObject({ METRICS_PORT: '9' })
    expect(heraldEnvironment({ METRICS_PORT: '0' }, wiring)).toMatchObject({ METRICS_PORT: '0' })
    expect(metricsUrl({}, 9)).toBe('http://127.0.0.1:9/metrics')
    expect(metricsUrl({ METRICS_PORT: '0' }, 9)).toBeUndefined()
  })

  it('denies webhooks the other listeners of Temporal, beside what the user denies', () => {
    expect(heraldEnvironment({}, wiring)).toMatchObject({ OUTBOUND_DENY_ADDRESSES: '127.0.0.1:4' })
    const denied = { OUTBOUND_DENY_ADDRESSES: 'ldap:389' }
    expect(heraldEnvironment(denied, wiring)).toMatchObject({
      OUTBOUND_DENY_ADDRESSES: 'ldap:389,127.0.0.1:4',
    })
  })

  it('reaches the API on loopback when it listens on every address', () => {
    expect(apiUrl('0.0.0.0', 80)).toBe('http://127.0.0.1:80')
    expect(apiUrl('::1', 80)).toBe('http://[::1]:80')
  })
})

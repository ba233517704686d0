import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, inject, it } from 'vitest'
import { choosePorts } from '../../dev/servers/ports.ts'
import { until } from '../support/until.ts'

const { mongo: nobody } = await choosePorts(0)
const away = {
  MONGODB_URI: `mongodb://127.0.0.1:${nobody}/herald?directConnection=true`,
  TEMPORAL_ADDRESS: `127.0.0.1:${nobody}`,
}

/** A herald with this configuration: what it says, and how it ends. */
function herald(args: string[], more: Record<string, string>) {
  const env = { ...process.env, PORT: '0', METRICS_PORT: '0', ...more }
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...args], { env })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (said += data.toString()))
  const ended = once(child, 'exit').then(() => child.exitCode)
  return { child, said: () => said, ended }
}

const says = (one: ReturnType<typeof herald>, words: RegExp, times = 1) =>
  until(async () => (one.said().match(new RegExp(words, 'g'))?.length ?? 0) >= times, {
    seconds: 30,
    what: `${words} ${times} times`,
  })

describe.each([['serve all'], ['serve api'], ['setup']])('%s', (command) => {
  it('says again and again what is missing and why, and ends at once on SIGTERM', async () => {
    const one = herald(command.split(' '), away)
    await says(one, /ECONNREFUSED[^\n]*mongodb\.awaited/, 2)
    await says(one, /temporal\.awaited/, 2)
    const beganMs = performance.now()
    one.child.kill('SIGTERM')
    expect(await one.ended).toBe(0)
    expect(performance.now() - beganMs).toBeLessThan(2_000)
  })
})

describe('a herald', () => {
  it('waits for the namespace that Temporal does not have yet', async () => {
    const more = { TEMPORAL_ADDRESS: inject('temporalAddress'), TEMPORAL_NAMESPACE: 'not-there' }
    const one = herald(['serve', 'worker'], { ...away, ...more })
    await says(one, /not-there[^\n]*temporal\.awaited/i)
    one.child.kill('SIGINT')
    expect(await one.ended).toBe(0)
  })

  it.each([
    ['OUTBOUND_DENY_CIDRS', 'ten/8'],
    ['TRUSTED_PROXIES', '10.0.0.0/99'],
    ['WORKFLOW_BUNDLE', '/no/such/bundle.js'],
  ])('judges %s before it waits for anybody', async (key, value) => {
    const one = herald(['serve', 'all'], { ...away, [key]: value })
    expect(await one.ended).toBe(1)
    expect(one.said()).toMatch(new RegExp(`^herald: .*${key}`, 'm'))
  })
})

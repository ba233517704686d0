import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, type Json, startHerald } from '../support/herald.ts'

let herald: Herald

beforeAll(async () => {
  herald = await startHerald('examples')
})
afterAll(() => herald.stop())

const program = (name: string) =>
  fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url))
const explicit = (key = herald.adminKey) => ['--api', herald.api, '--key', key]

async function run(name: string, options = explicit(), cwd = process.cwd(), more: object = {}) {
  const args = ['--import', import.meta.resolve('tsx'), program(name), ...options]
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, HERALD_URL: '', HERALD_KEY: '', ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (output += data.toString()))
  await once(child, 'close')
  const lines = output.split('\n')
  return {
    code: child.exitCode,
    output,
    verified: lines.filter((line) => line.startsWith('verified ')),
  }
}

const types = (verified: string[]) => verified.map((line) => line.split(' ')[1])

describe('each example creates its webhook, has its events verified, and removes it', () => {
  it('spektr: the ten event types, the first again after a 201', async () => {
    const { code, output, verified } = await run('spektr')
    expect(output).toContain('by the preset spektr')
    expect(verified.slice(0, 2)).toEqual([
      'verified process_run_start (attempt 1), answered 201',
      'verified process_run_start (attempt 2), answered 200',
    ])
    expect(types(verified.slice(1))).toEqual([
      'process_run_start',
      'process_run_end',
      'step_init',
      'step_submit',
      'service_run',
      'alert_created',
      'alert_resolved',
      'customer_tag_add',
      'customer_tag_remove',
      'customer_status_changed',
    ])
    expect(output).toContain('ok: 10 events verified')
    expect(code).toBe(0)
  })

  it('compliancely: the bytes of the data, signed in its own header', async () => {
    const { code, output, verified } = await run('compliancely')
    expect(types(verified)).toEqual(['business.updated', 'business.document_added'])
    expect(output).toContain('"initial":"3m","factor":2,"retries":2')
    expect(code).toBe(0)
  })

  it('merchant: its own secret and header, again after a 503', async () => {
    const { code, verified } = await run('merchant')
    expect(verified).toEqual([
      'verified order.paid (attempt 1), answered 503',
      'verified order.paid (attempt 2), answered 200',
      'verified transaction.settled (attempt 1), answered 200',
    ])
    expect(code).toBe(0)
  })

  it('admin-console: the four keys and the API key', async () => {
    const { code, output, verified } = await run('admin-console')
    expect(types(verified)).toEqual(['user.invited', 'user.removed'])
    expect(output).toContain('{"event_time":"2026-01-31T09:30:00Z","event_type":"user.invited",')
    expect(code).toBe(0)
  })

  it('they leave no webhook behind', async () => {
    const { body } = await herald.call('GET', '/v1/webhooks')
    expect(body['data'] as Json[]).toEqual([])
  })

  it('with a wrong key an example says so and ends with 1', async () => {
    const { code, output } = await run('compliancely', explicit('hk_unknown'))
    expect(output).toMatch(/^failed: POST \/v1\/webhooks was answered 401: /m)
    expect(code).toBe(1)
  })

  it('without options an example finds what npm start runs in .data/dev.json, or says that it is not there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'herald-examples-'))
    try {
      const lost = await run('admin-console', [], folder)
      expect(lost.output).toContain('run `npm start` first')
      expect(lost.code).toBe(1)
      await mkdir(join(folder, '.data'))
      const facts = { api: herald.api, apiKey: herald.adminKey }
      await writeFile(join(folder, '.data/dev.json'), JSON.stringify(facts))
      expect((await run('admin-console', [], folder)).code).toBe(0)
      const elsewhere = ['--data-dir', join(folder, '.data')]
      expect((await run('admin-console', elsewhere)).code).toBe(0)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('with HERALD_URL and HERALD_KEY an example needs no file', async () => {
    const named = { HERALD_URL: herald.api, HERALD_KEY: herald.adminKey }
    expect((await run('admin-console', [], tmpdir(), named)).code).toBe(0)
  })

  it.each(['spektr', 'compliancely', 'merchant', 'admin-console'])(
    '%s explains its options with --help and does nothing else',
    async (name) => {
      const { code, output } = await run(name, ['--help'], tmpdir())
      expect(code).toBe(0)
      for (const word of ['--data-dir', '--api', '--key', 'HERALD_URL', 'HERALD_KEY'])
        expect(output).toContain(word)
    },
  )
})

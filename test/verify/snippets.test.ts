import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signatureHeaders } from '../../src/outbound/request/signature.ts'
import { goldenVectors, type Vector } from './golden.ts'

const folder = fileURLToPath(new URL('../../docs/verify/', import.meta.url))
const goldenFile = join(folder, 'vectors.json')
if (process.env['UPDATE_VECTORS'])
  writeFileSync(goldenFile, `${JSON.stringify(goldenVectors(), null, 2)}\n`)
const vectors = JSON.parse(readFileSync(goldenFile, 'utf8')) as Vector[]
const find = (scheme: Vector['scheme'], name: string) =>
  vectors.find((one) => one.scheme === scheme && one.name === name)

/** What is built is kept here, away from the tree. */
const scratch = mkdtempSync(join(tmpdir(), 'herald-verify-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

type Snippet = {
  language: string
  tools: string[]
  /** Makes what runs; throws where the snippet does not compile. */
  build?: () => void
  command: string[]
}

const run = (command: string, args: string[], cwd = folder) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: 180_000 })
const rust = join(scratch, 'rust')
const csharp = join(scratch, 'csharp')
const script = (language: string, program: string, file: string): Snippet => ({
  language,
  tools: [program],
  command: [program, join(folder, file)],
})

const snippets: Snippet[] = [
  { language: 'Node', tools: [], command: [process.execPath, join(folder, 'node/verify.mjs')] },
  script('Python', 'python3', 'python/verify.py'),
  {
    language: 'Go',
    tools: ['go'],
    build: () => run('go', ['build', '-o', join(scratch, 'go'), 'go/verify.go']),
    command: [join(scratch, 'go')],
  },
  {
    language: 'Java',
    tools: ['javac', 'java'],
    build: () => run('javac', ['-d', scratch, 'java/Verify.java']),
    command: ['java', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-cp', scratch, 'Verify'],
  },
  {
    language: 'Rust',
    tools: ['cargo'],
    build() {
      cpSync(join(folder, 'rust'), rust, { recursive: true })
      run('cargo', ['build', '--quiet'], rust)
    },
    command: [join(rust, 'target/debug/verify')],
  },
  script('Perl', 'perl', 'perl/verify.pl'),
  script('PHP', 'php', 'php/verify.php'),
  script('Ruby', 'ruby', 'ruby/verify.rb'),
  {
    language: 'C#',
    tools: ['dotnet'],
    build() {
      cpSync(join(folder, 'csharp'), csharp, { recursive: true })
      run('dotnet', ['build', '--nologo', '--output', join(scratch, 'cs')], csharp)
    },
    command: ['dotnet', join(scratch, 'cs/verify.dll')],
  },
  { ...script('Bash', 'bash', 'bash/verify.sh'), tools: ['bash', 'openssl'] },
]

/** The first tool that is not on this machine, or, for Rust, the crates where no registry can be reached. */
function missing({ language, tools }: Snippet): string | undefined {
  const tool = tools.find((one) => spawnSync('which', [one]).status !== 0)
  if (tool !== undefined) return `${tool} is not installed`
  if (language !== 'Rust') return undefined
  const fetched = join(scratch, 'fetch')
  cpSync(join(folder, 'rust'), fetched, { recursive: true })
  const { status } = spawnSync('cargo', ['fetch', '--quiet'], { cwd: fetched, timeout: 60_000 })
  return status === 0 ? undefined : 'the crates of the Rust snippet can not be fetched'
}

async function verdict({ command }: Snippet, vector: Vector): Promise<string> {
  const [program = '', ...first] = command
  const { scheme, header, secret, now, headers, body } = vector
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const args = [...first, scheme, header, secret, String(now), ...lines]
  const child = spawn(program, args, { stdio: 'pipe' })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => output.push(data))
  child.stdin.on('error', () => undefined)
  child.stdin.end(body)
  await once(child, 'close')
  return Buffer.concat(output).toString().trim()
}

describe('the golden vectors', () => {
  it('are what node:crypto computes', () => {
    expect(vectors).toEqual(goldenVectors())
  })

  it('hold the reference values of Standard Webhooks and of the timestamped scheme', () => {
    expect(find('standard-webhooks', 'as it was sent')?.headers['webhook-signature']).toBe(
      'v1,RZoJ57YlWgpY7jKtxMiVwQz+lLJl/hbNq6wMeMIzCk8=',
    )
    expect(find('timestamped', 'as it was sent')?.headers['X-Signature']).toBe(
      't=1674087231,v1=d691bb8e29d5fb13423a442160c9c74b168423e55dc7d75af8002dd49b9b5452',
    )
  })

  it.each(['standard-webhooks', 'hmac-sha256', 'timestamped'] as const)(
    'are what herald sends: %s',
    (scheme) => {
      const vector = find(scheme, 'as it was sent')
      if (!vector) throw new Error('no vector')
      const { header, secret, headers } = vector
      const signature =
        scheme === 'standard-webhooks'
          ? { scheme }
          : scheme === 'timestamped'
            ? { scheme, header }
            : { scheme, header, encoding: 'hex' as const }
      const id = headers['webhook-id'] ?? ''
      const message = { id, timestampSeconds: vector.now, body: Buffer.from(vector.body) }
      expect(signatureHeaders(signature, [secret], message)).toEqual(headers)
    },
  )
})

for (const snippet of snippets) {
  const { language } = snippet
  const reason = missing(snippet)
  if (reason !== undefined) {
    process.stdout.write(`skipped: ${reason}\n`)
    continue
  }
  describe(`the snippet for ${language}`, () => {
    beforeAll(() => snippet.build?.(), 240_000)

    it('accepts and rejects what the golden vectors say', async () => {
      const said: Record<string, string> = {}
      const wanted: Record<string, string> = {}
      for (const vector of vectors) {
        const name = `${vector.scheme}: ${vector.name}`
        wanted[name] = vector.expected
        said[name] = await verdict(snippet, vector)
      }
      expect(said).toEqual(wanted)
    })
  })
}

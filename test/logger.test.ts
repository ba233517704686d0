import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { platform } from 'node:process'
import { describe, expect, it } from 'vitest'

/** Linux' disk that is always full; elsewhere there is none to write to. */
const FULL = platform === 'linux' ? '/dev/full' : '/dev/null'
const SCRIPT = `
import { createLogger } from './src/logger.ts'
const logger = createLogger('info')
for (let n = 0; n < 10_000; n++) {
  logger.info({ n, text: 'x'.repeat(1_000) }, 'said')
  if (n % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
}
logger.fatal('said last')
process.stderr.write('went on')
process.exit(3)
`

describe('the log', () => {
  it('on a disk that is full stops nobody, at a fatal error neither', async () => {
    const full = openSync(FULL, 'w')
    const options = ['--import', 'tsx', '--input-type=module', '--eval', SCRIPT]
    const child = spawn(process.execPath, options, { stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
    const [code] = (await once(child, 'close')) as [number | null]
    clearTimeout(late)
    expect([said, code]).toEqual(['went on', 3])
  })

  it('is whole at the end of a process', async () => {
    const script = `
import { createLogger } from './src/logger.ts'
const logger = createLogger('info')
for (let n = 0; n < 500; n++) logger.info({ n }, 'said')
process.exit(0)`
    const options = ['--import', 'tsx', '--input-type=module', '--eval', script]
    const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await once(child, 'close')
    const numbers = said
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n)
    expect(numbers).toEqual(Array.from({ length: 500 }, (_, n) => n))
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { type Mode, startBadReceiver } from '../../support/strangers/bad-receiver.ts'

const BOMBS: Mode[] = [
  'gzip bomb',
  'endless body',
  'endless header',
  '5,000 headers',
  '64,000 headers',
  '103 flood',
]

it.each(BOMBS)(
  '200 times %s, 8 at once, cost at most 50 MiB more than plain answers',
  async (bomb) => {
    const modes: Mode[] = ['ok', 'ok', bomb]
    const receivers = await Promise.all(modes.map((mode) => startBadReceiver(mode)))
    const post = new URL('post-many.ts', import.meta.url).pathname
    const urls = receivers.map(({ url }) => url)
    const child = spawn(process.execPath, ['--import', 'tsx', post, ...urls], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    await once(child, 'close')
    const [, plain = 0, peak = Infinity] = JSON.parse(printed) as number[]
    console.log(`${bomb}: ${(peak - plain).toFixed(0)} MiB more than ${plain.toFixed(0)}`)
    expect(peak - plain).toBeLessThanOrEqual(50)
    await Promise.all(receivers.map((receiver) => receiver.close()))
  },
)

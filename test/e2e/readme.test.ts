import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Receiver, startReceiver } from '../../dev/demo/receiver.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { until } from '../support/until.ts'

let herald: Herald
let receiver: Receiver
let folder: string
beforeAll(async () => {
  herald = await startHerald('readme')
  receiver = await startReceiver(0, () => undefined)
  folder = await mkdtemp(join(tmpdir(), 'herald-readme-'))
  await mkdir(join(folder, '.data'))
  const facts = { api: herald.api, apiKey: herald.adminKey, receiver: receiver.url }
  await writeFile(join(folder, '.data/dev.json'), JSON.stringify(facts))
})
afterAll(async () => {
  await herald.stop()
  await receiver.stop()
  await rm(folder, { recursive: true })
})

/** The commands under this heading of the README, as they are written. */
async function commandsOf(heading: string): Promise<string[]> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const section = readme.split(`## ${heading}\n`)[1]?.split(/^## /m)[0] ?? ''
  return [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, script = '']) => script)
}

const bash = async (script: string) =>
  (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder })).stdout

it("README's commands, in their order, bring an event to the receiver of npm start, and show it as delivered", async () => {
  const commands = await commandsOf('Send an event')
  expect(commands.length).toBe(4)
  const [variables = '', webhook = '', event = '', look = ''] = commands
  expect(await bash(`${variables}\n${webhook}\n${event}`)).toContain('202 Accepted')
  await until(async () => receiver.hits.some(({ id }) => id === 'order-1001-tagged'), {
    seconds: 20,
    what: 'the event at the receiver',
  })
  expect(receiver.hits[0]).toMatchObject({ path: '/crm', type: 'customer_tag_add', status: 200 })
  await until(async () => (await bash(`${variables}\n${look}`)).includes('"state":"delivered"'), {
    seconds: 20,
    what: 'the delivery as README shows it',
  })
})

// npm run pictures: takes the README's pictures of the console. `npm start` must run (--data-dir as there).
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium, type Page } from 'playwright-core'
import { z } from 'zod'
import { findBrowser } from './servers/browser.mjs'

const FOLDER = 'docs/pictures'
const EVENTS = 90

const { values } = parseArgs({ options: { 'data-dir': { type: 'string', default: '.data' } } })
const dev = z
  .object({ api: z.string(), apiKey: z.string() })
  .parse(JSON.parse(await readFile(join(values['data-dir'], 'dev.json'), 'utf8')))
const executablePath = await findBrowser()
if (!executablePath) throw new Error('there is no Chromium; name one as CHROMIUM')

const risk = await receiver((n) => ({ status: n % 3 ? 503 : 200, delayMs: 20 }))
const billing = await receiver(() => ({ status: 200, delayMs: 40 }))
const hooks = {
  risk: await webhook('Risk to CRM', ['customer_*'], risk),
  billing: await webhook('Billing', ['process_run_end', 'customer_tag_add'], billing),
  archive: await webhook('Archive', ['*'], billing, { rateLimit: { limit: 5, per: '1s' } }),
}
await sendEvents()
await sleep(6_000)
await mkdir(FOLDER, { recursive: true })
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const failed = z
  .object({ data: z.array(z.object({ id: z.string() })) })
  .parse(await call('GET', `/v1/deliveries?state=failed&webhook=${hooks.risk}&limit=1`)).data[0]?.id
await pictures('light', {
  overview: '/',
  'create-webhook': '/settings/webhooks/new',
  delivery: `/deliveries/${failed}`,
})
await pictures('dark', {
  webhooks: '/settings/webhooks',
  deliveries: '/deliveries',
  replay: `/replays/new?webhook=${hooks.risk}&state=failed`,
})
await browser.close()
process.exit(0)

async function pictures(scheme: 'light' | 'dark', pages: Record<string, string>): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: scheme,
    baseURL: dev.api,
  })
  const page = await context.newPage()
  await logIn(page)
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await sleep(1_500)
    await page.screenshot({ path: `${FOLDER}/${name}.png` })
  }
  await context.close()
}

async function logIn(page: Page): Promise<void> {
  await page.goto('/')
  await page.getByRole('textbox', { name: 'API key' }).fill(dev.apiKey)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}

async function receiver(answer: (n: number) => { status: number; delayMs: number }) {
  let count = 0
  const server = createServer((request, response) => {
    request.resume()
    const { status, delayMs } = answer((count += 1))
    const body = status === 200 ? 'ok' : '{"error":"overloaded"}'
    setTimeout(() => response.writeHead(status).end(body), delayMs)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`
}

async function webhook(name: string, events: string[], url: string, more: object = {}) {
  const target = { type: 'http', url }
  const retry = { type: 'fixed', interval: '1s', retries: 2 }
  const made = await call('POST', '/v1/webhooks', { name, events, target, retry, ...more })
  return z.object({ id: z.string() }).parse(made).id
}

async function sendEvents(): Promise<void> {
  const shape = z.object({ data: z.array(z.object({ name: z.string(), example: z.unknown() })) })
  const { data } = shape.parse(await call('GET', '/v1/event-types?limit=100'))
  const types = data.filter(({ name }) => !name.startsWith('herald.'))
  for (let n = 0; n < EVENTS; n += 1) {
    const { name: type = '', example } = types[n % types.length] ?? {}
    await call('POST', '/v1/events', { type, subject: `cus_${n % 17}`, data: example ?? {} })
  }
}

async function call(method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(new URL(path, dev.api), {
    method,
    headers: { authorization: `Bearer ${dev.apiKey}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!response.ok)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return await response.json()
}

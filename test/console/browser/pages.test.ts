import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, startHerald } from '../../support/herald.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { closeBrowser, hasBrowser, logIn, openWindow, type Window } from './window.ts'

const FIRST_LOAD_KB = 300
const FIRST_PAINT_MS = 1_500

type Violation = { id: string; impact: string; nodes: { html: string }[] }

let herald: Herald
let receiver: Receiver
let paths: string[]
const windows: Window[] = []

beforeAll(async () => {
  herald = await startHerald('console_pages')
  receiver = await startReceiver((_hit, n) => ({ status: n % 2 ? 500 : 200 }))
  const target = { type: 'http', url: receiver.url }
  const retry = { type: 'fixed', interval: '1s', retries: 0 }
  const webhook = await herald.webhook({ name: 'Looked at', events: ['customer_*'], target, retry })
  const data = { tagId: 'vip', action: 'add', userId: null, processId: null }
  const event = await herald.event({ type: 'customer_tag_add', data })
  const { id } = await herald.reached(webhook.id, 'failed')
  const filter = { webhook: webhook.id }
  const replay = await herald.call('POST', '/v1/replays', { filter })
  const own = `/settings/webhooks/${webhook.id}`
  paths = [
    '/',
    '/deliveries',
    `/deliveries/${String(id)}`,
    '/events',
    '/events/new',
    `/events/${event}`,
    '/replays',
    '/replays/new',
    `/replays/${String(replay.body['id'])}`,
    '/settings/webhooks',
    '/settings/webhooks/new',
    ...['', '/deliveries', '/test', '/secret', '/settings', '/audit'].map((tab) => own + tab),
    '/settings/event-types',
    '/settings/event-types/customer_tag_add',
    '/settings/api-keys',
    '/settings/audit',
    '/settings/egress',
    '/settings/about',
    '/nowhere',
  ]
})
afterAll(async () => {
  await Promise.all(windows.map((one) => one.close()))
  await closeBrowser()
  await herald.stop()
  await receiver.close()
})

async function loggedIn(look: Parameters<typeof openWindow>[1]): Promise<Window> {
  const window = await openWindow(herald.api, look)
  windows.push(window)
  await logIn(window, herald.adminKey)
  return window
}

async function settled({ page }: Window, path: string): Promise<void> {
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle')
}

/** Serious and critical violations of axe, each with where. */
async function violations({ page }: Window): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const loaded = window as unknown as {
      axe: { run: () => Promise<{ violations: Violation[] }> }
    }
    return (await loaded.axe.run()).violations
  })
  return found
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`))
}

describe.skipIf(!hasBrowser)('every page of the console', () => {
  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)(
    'has nothing serious to hinder anybody (%s, %i px), breaks no policy, and is no wider than the screen',
    async (scheme, width) => {
      const window = await loggedIn({ scheme, width })
      const wrong: string[] = []
      for (const path of paths) {
        await settled(window, path)
        wrong.push(...(await violations(window)).map((one) => `${path} ${one}`))
        const wider = await window.page.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        )
        if (wider > 0) wrong.push(`${path} is ${wider} px wider than the screen`)
      }
      expect([...wrong, ...window.faults]).toEqual([])
    },
    240_000,
  )

  it('can be walked by the Tab key, and shows where it is', async () => {
    const window = await loggedIn({})
    for (const path of paths) {
      await settled(window, path)
      const seen: string[] = []
      for (let tabs = 0; tabs < 12; tabs += 1) {
        await window.page.keyboard.press('Tab')
        seen.push(await window.page.evaluate(outlineOfFocus))
      }
      expect(new Set(seen.map((one) => one.split('|')[0])).size, path).toBeGreaterThan(5)
      expect(
        seen.filter((one) => one.endsWith('|none')),
        path,
      ).toEqual([])
    }
  }, 120_000)
})

/** What has the focus, and whether a line is drawn around it. Runs in the page. */
function outlineOfFocus(): string {
  const focused = document.activeElement
  if (!focused || focused === document.body) return 'body|shown'
  const { outlineStyle, borderColor, boxShadow } = getComputedStyle(focused)
  const isShown =
    outlineStyle !== 'none' || boxShadow !== 'none' || focused.matches('input, textarea')
  const name = focused.textContent?.slice(0, 20) ?? ''
  return `${focused.tagName} ${name} ${borderColor.length}|${isShown ? 'shown' : 'none'}`
}

describe.skipIf(!hasBrowser)('the event catalogue', () => {
  it('groups the types by their first word, and folds a group away', async () => {
    const window = await loggedIn({})
    await settled(window, '/settings/event-types')
    const type = window.page.getByRole('link', { name: 'customer_tag_add', exact: true })
    const group = window.page.getByRole('button', { name: /^customer \(\d+\)$/ })
    await type.waitFor()
    await group.click()
    expect(await type.count()).toBe(0)
    expect(await group.getAttribute('aria-expanded')).toBe('false')
    await group.click()
    await type.waitFor()
  }, 60_000)
})

describe.skipIf(!hasBrowser)('the first load', () => {
  it(`is at most ${FIRST_LOAD_KB} kB of script, and paints within ${FIRST_PAINT_MS} ms`, async () => {
    const window = await openWindow(herald.api)
    windows.push(window)
    const scripts: Promise<Buffer>[] = []
    window.page.on('response', (response) => {
      if (response.url().endsWith('.js')) scripts.push(response.body())
    })
    await logIn(window, herald.adminKey)
    await window.page.waitForLoadState('networkidle')
    const sizes = (await Promise.all(scripts)).map((script) => gzipSync(script).length)
    const totalKb = sizes.reduce((sum, size) => sum + size, 0) / 1_000
    expect(totalKb).toBeGreaterThan(50)
    expect(totalKb).toBeLessThanOrEqual(FIRST_LOAD_KB)
    await window.page.reload()
    await window.page.getByRole('heading', { name: 'Overview' }).waitFor()
    // the document has its heading before the screen shows it
    const painted = await window.page.waitForFunction(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    )
    expect(await painted.jsonValue()).toBeLessThanOrEqual(FIRST_PAINT_MS)
  })
})

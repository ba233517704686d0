import { type Browser, chromium, type Page } from 'playwright-core'
import { findBrowser } from '../../../scripts/servers/browser.mjs'

const executablePath = await findBrowser()
/** Where continuous integration runs a missing browser is a failure, elsewhere a skip with a reason. */
const isDemanded = Boolean(process.env['CI'] ?? process.env['HERALD_CI'])
if (!executablePath && isDemanded) throw new Error('there is no Chromium for the console')
if (!executablePath)
  console.log('skipped: the console in a browser: no Chromium; `apt-get install chromium`')

export const hasBrowser = executablePath !== undefined

export type Window = {
  page: Page
  /** What a browser refused, what went wrong in the page, and what left the machine. */
  faults: string[]
  /** Clicks so far. */
  clicks: () => Promise<number>
  close: () => Promise<void>
}
type Look = { width?: number; height?: number; scheme?: 'light' | 'dark' }

let browser: Browser | undefined

/** A window of a real browser at the console of this herald, with nothing stored. */
export async function openWindow(api: string, look: Look = {}): Promise<Window> {
  const { width = 1280, height = 900, scheme = 'light' } = look
  browser ??= await chromium.launch({
    executablePath: executablePath ?? '',
    args: ['--no-sandbox'],
  })
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    baseURL: api,
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(api) && !/^(data|blob):/.test(request.url()))
      faults.push(`left the machine: ${request.url()}`)
  })
  await page.addInitScript(() => {
    const counted = window as unknown as { clicks: number }
    counted.clicks = Number(sessionStorage.getItem('clicks') ?? 0)
    addEventListener('click', (event) => {
      if (!event.isTrusted) return
      counted.clicks += 1
      sessionStorage.setItem('clicks', String(counted.clicks))
    })
  })
  const clicks = () => page.evaluate(() => Number(sessionStorage.getItem('clicks') ?? 0))
  return { page, faults, clicks, close: () => context.close() }
}

export async function closeBrowser(): Promise<void> {
  await browser?.close()
  browser = undefined
}

/** Logs in by the form, as a person does. */
export async function logIn({ page }: Window, key: string): Promise<void> {
  await page.goto('/')
  await page.getByRole('textbox', { name: 'API key' }).fill(key)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}

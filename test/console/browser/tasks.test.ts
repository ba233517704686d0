import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Herald, type Json, startHerald } from '../../support/herald.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from '../../support/receiver.ts'
import { closeBrowser, hasBrowser, logIn, openWindow, type Window } from './window.ts'

const SLACK_PATH = '/services/T0000001/B0000001/verysecrettokenXYZ'

let herald: Herald
let window: Window
const receivers: Receiver[] = []
beforeAll(async () => {
  herald = await startHerald('console_tasks', { SLACK_ALLOW_HOSTS: '127.0.0.1' })
})
afterAll(async () => {
  await closeBrowser()
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})
beforeEach(async () => {
  window = await openWindow(herald.api)
  await logIn(window, herald.adminKey)
})
afterEach(() => window.close())

async function receive(answer?: (hit: Hit, n: number) => Answer): Promise<Receiver> {
  const receiver = await startReceiver(answer)
  receivers.push(receiver)
  return receiver
}

/** A webhook for a type of its own, made by the API. */
async function hook(name: string, receiver: Receiver, fields: Json = {}) {
  const type = name.toLowerCase().replaceAll(/\W+/g, '_')
  const target = { type: 'http', url: receiver.url, timeout: '5s' }
  const retry = { type: 'fixed', interval: '1s', retries: 0 }
  const webhook = await herald.webhook({ name, events: [type], target, retry, ...fields })
  return { ...webhook, type, page: `/settings/webhooks/${webhook.id}` }
}
const send = (type: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => herald.event({ type, data: { n } })))

describe.skipIf(!hasBrowser)('somebody at the console', () => {
  it('creates a webhook with the fields of the guide, by keyboard alone', async () => {
    const { page } = window
    const receiver = await receive()
    await page.goto('/settings/webhooks')
    await page.getByRole('link', { name: 'Create', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Webhook Name' }).waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT')
    await page.keyboard.type('By keyboard')
    await page.keyboard.press('Tab')
    await page.keyboard.type('keyboard_made,')
    const url = page.getByRole('textbox', { name: 'URL' })
    for (let tabs = 0; tabs < 8; tabs += 1) {
      if (await url.evaluate((field) => field === document.activeElement)) break
      await page.keyboard.press('Tab')
    }
    await page.keyboard.type(receiver.url)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'By keyboard' }).waitFor()
    const { body } = await herald.call('GET', '/v1/webhooks?limit=100')
    expect((body['data'] as Json[])[0]).toMatchObject({
      name: 'By keyboard',
      events: ['keyboard_made'],
      target: { type: 'http', url: receiver.url },
    })
  })

  it('is told at the fields what is wrong, and keeps what was typed, also over a reload', async () => {
    const { page } = window
    await page.goto('/settings/webhooks/new')
    await page.getByRole('textbox', { name: 'Webhook Name' }).fill('Half')
    await page.getByRole('textbox', { name: 'URL' }).fill('https://10.0.0.1/x')
    await page.getByText('OUTBOUND_ALLOW_CIDRS').waitFor()
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await page.reload()
    expect(await page.getByRole('textbox', { name: 'Webhook Name' }).inputValue()).toBe('Half')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Leave without saving' }).click()
    await page.getByRole('heading', { name: 'Webhook Settings' }).waitFor()
  })

  it('finds from the overview in three clicks why a delivery failed, and sees it delivered', async () => {
    const { page } = window
    const receiver = await receive((_hit, n) => ({
      status: n === 1 ? 503 : 200,
      body: 'overloaded',
    }))
    const webhook = await hook('Broken once', receiver)
    await send(webhook.type, 1)
    await herald.reached(webhook.id, 'failed')
    await page.goto('/')
    const before = await window.clicks()
    const row = page.getByRole('row', { name: /Broken once/ })
    await row.getByRole('link', { name: 'http_5xx' }).click()
    await page.getByText('The receiver failed while it worked on the request.').waitFor()
    await page.getByRole('button', { name: 'Redeliver' }).click()
    await page.getByText('Redelivered: the receiver answered 200 to attempt 2.').waitFor()
    expect((await window.clicks()) - before).toBeLessThanOrEqual(3)
    await page.getByRole('heading', { name: 'delivered' }).waitFor()
  })

  it('replays the 5xx of one webhook in the last hour as a filter', async () => {
    const { page } = window
    const receiver = await receive((_hit, n) => ({ status: n <= 3 ? 503 : 200 }))
    const webhook = await hook('Outage', receiver)
    await send(webhook.type, 3)
    await expect.poll(() => receiver.hits.length, { timeout: 20_000 }).toBe(3)
    await page.goto(`/deliveries?webhook=${webhook.id}&statusClass=5xx`)
    await page.getByText('3 match').waitFor()
    await page.getByRole('combobox', { name: 'Created' }).click()
    await page.getByRole('option', { name: 'last hour' }).click()
    await page.getByRole('link', { name: 'Replay these…' }).click()
    await page.getByText(/3 deliveries to Outage \(3\), at 50 a second/).waitFor()
    await page.getByRole('button', { name: 'Replay 3 deliveries' }).click()
    await page.getByText('3 of 3 handed over').waitFor()
    const facts = page.locator('dl.facts')
    await expect.poll(() => facts.innerText(), { timeout: 20_000 }).toMatch(/Delivered\s+3/)
  })

  it('pauses, resumes, and replays what was missed', async () => {
    const { page } = window
    const receiver = await receive()
    const webhook = await hook('Paused for a while', receiver)
    await page.goto(webhook.page)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Events that come meanwhile are kept as skipped').waitFor()
    await send(webhook.type, 2)
    await herald.reached(webhook.id, 'skipped')
    const missed = await page
      .getByRole('link', { name: 'replay what was missed' })
      .getAttribute('href')
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    await page.goto(missed ?? '')
    await page.getByRole('button', { name: 'Replay 2 deliveries' }).click()
    await expect.poll(() => receiver.hits.length, { timeout: 20_000 }).toBe(2)
  })

  it('rotates a secret, and both signatures verify', async () => {
    const { page } = window
    const receiver = await receive()
    const webhook = await hook('Rotated', receiver)
    await page.goto(`${webhook.page}/secret`)
    await page.getByRole('button', { name: 'Rotate the secret' }).click()
    const secrets = page.locator('li code', { hasText: 'whsec_' })
    await expect.poll(() => secrets.count()).toBe(2)
    const [fresh, old] = await secrets.allTextContents()
    expect(old).toBe(webhook.secret)
    await send(webhook.type, 1)
    await expect.poll(() => receiver.hits.length).toBe(1)
    const [hit] = receiver.hits
    const headers = Object.fromEntries(
      Object.entries(hit?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    )
    for (const secret of [fresh, old])
      expect(new Verifier(secret ?? '').verify(hit?.body.toString() ?? '', headers)).toBeTruthy()
  })

  it('sets ten a second, and watches the lane drain', async () => {
    const { page } = window
    const receiver = await receive()
    const webhook = await hook('Drained', receiver)
    await page.goto(`${webhook.page}/settings`)
    await page.getByRole('switch', { name: 'Rate limit' }).check()
    await page.getByText('a backlog of 10,000 clears in 16 m 40 s').waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    const owed = page.getByRole('group', { name: 'Owed' })
    await owed.getByText('sent in the last 1s').waitFor()
    await send(webhook.type, 60)
    await expect.poll(() => owed.innerText(), { timeout: 10_000 }).toMatch(/[1-9]\d* held/)
    await expect.poll(() => owed.innerText(), { timeout: 30_000 }).toMatch(/\b0 held/)
    await expect.poll(() => receiver.hits.length).toBe(60)
  })

  it('makes a Slack webhook, with the message as Slack draws it', async () => {
    const { page } = window
    const receiver = await receive()
    await page.goto('/settings/webhooks/new')
    await page.getByRole('textbox', { name: 'Webhook Name' }).fill('Tags to Slack')
    await page.getByRole('combobox', { name: 'Webhook Events' }).fill('customer_tag_add')
    await page.getByRole('radio', { name: 'Slack' }).check()
    await page.getByRole('textbox', { name: 'URL' }).fill(new URL(SLACK_PATH, receiver.url).href)
    await page.getByRole('textbox', { name: 'Message' }).fill('*{{subject}}* got {{data.tagId}}')
    const drawn = page.locator('.slack')
    await expect.poll(() => drawn.innerText()).toContain('customer-42 got vip')
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('button', { name: 'Send test' }).click()
    await page.getByRole('region', { name: 'Result of the test' }).getByText('delivered').waitFor()
    expect(receiver.hits[0]?.body.toString()).toContain('got vip')
  })

  it('who may only look sees no button that changes anything, and the API refuses it as well', async () => {
    const made = await herald.call('POST', '/v1/api-keys', { name: 'looks', role: 'viewer' })
    const webhook = await hook('Looked at', await receive())
    const viewer = await openWindow(herald.api)
    const { page } = viewer
    await logIn(viewer, String(made.body['value']))
    for (const path of ['/settings/webhooks', webhook.page, '/deliveries', '/events', '/replays']) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      const names = await page.locator('main').getByRole('button').allInnerTexts()
      expect(names.join(' ')).not.toMatch(/Create|Pause|Send|Replay|Cancel|Redeliver|Delete|Rotate/)
    }
    expect(await page.getByRole('link', { name: 'API keys' }).count()).toBe(0)
    const status = await page.evaluate(async (id) => {
      const session = (await (await fetch('/session')).json()) as { csrf: string }
      const headers = { 'herald-csrf': session.csrf, 'content-type': 'application/json' }
      return (await fetch(`/v1/webhooks/${id}/pause`, { method: 'POST', headers, body: '{}' }))
        .status
    }, webhook.id)
    expect(status).toBe(403)
    await viewer.close()
  })

  it('is told when another admin changed the webhook that one edits, with both versions', async () => {
    const { page } = window
    const webhook = await hook('Edited by two', await receive())
    await page.goto(`${webhook.page}/settings`)
    const name = page.getByRole('textbox', { name: 'Webhook Name' })
    await name.fill('Mine')
    const headers = { 'if-match': '"1"' }
    await herald.call(
      'PATCH',
      `/v1/webhooks/${webhook.id}`,
      { name: 'Theirs', concurrency: 7 },
      headers,
    )
    await page.getByRole('button', { name: 'Save' }).click()
    const conflict = page.getByRole('alert')
    await conflict.getByText('Both of you changed: name.').waitFor()
    expect(await conflict.innerText()).toMatch(/Mine\s+Theirs/)
    await conflict.getByRole('button', { name: 'Save mine over theirs' }).click()
    await page.getByRole('heading', { name: 'Mine' }).waitFor()
    const { body } = await herald.call('GET', `/v1/webhooks/${webhook.id}`)
    expect(body).toMatchObject({ name: 'Mine', concurrency: 7 })
  })

  it('learns why a webhook did not get an event', async () => {
    const { page } = window
    const filtered = await hook('Only high', await receive(), { filter: 'data.n > 5' })
    const other = await hook('Other types', await receive())
    const [event] = await send(filtered.type, 1)
    await expect
      .poll(async () => (await herald.call('GET', `/v1/events/${event}`)).body['status'])
      .toBe('stored')
    await page.goto(`/events/${event}`)
    const row = (name: string) => page.getByRole('row', { name: new RegExp(name) })
    await row('Only high').getByText('The filter is false for this event.').waitFor()
    await row('Other types')
      .getByText(`No pattern of its events names “${filtered.type}”.`)
      .waitFor()
    expect(other.id).toBeTruthy()
  })

  it('acknowledges a problem, and a replay resolves it', async () => {
    const { page } = window
    let isMended = false
    const receiver = await receive(() => ({ status: isMended ? 200 : 500 }))
    const webhook = await hook('Acknowledged', receiver)
    await send(webhook.type, 2)
    await expect.poll(() => receiver.hits.length).toBe(2)
    await page.goto('/')
    const row = page.getByRole('row', { name: /Acknowledged http_5xx/ })
    await row.getByRole('button', { name: 'Acknowledge' }).click()
    await row.locator('.badge', { hasText: 'acknowledged' }).waitFor()
    isMended = true
    await row.getByRole('link', { name: 'Replay 2 deliveries…' }).click()
    await page.getByRole('button', { name: 'Replay 2 deliveries' }).click()
    await expect.poll(() => receiver.hits.length, { timeout: 20_000 }).toBe(4)
    await page.goto('/')
    await row.locator('.badge', { hasText: 'resolved' }).waitFor()
  })

  it('reads a list while fifty deliveries a second come, and no row moves', async () => {
    const { page } = window
    const receiver = await receive()
    const webhook = await hook('Busy', receiver)
    await send(webhook.type, 5)
    await expect.poll(() => receiver.hits.length).toBe(5)
    await page.goto(`/deliveries?webhook=${webhook.id}&live=1`)
    const first = page.getByRole('row').nth(1)
    await first.waitFor()
    const [place, text] = [await first.boundingBox(), await first.innerText()]
    const ends = Date.now() + 3_000
    while (Date.now() < ends) {
      await send(webhook.type, 10)
      await page.waitForTimeout(200)
    }
    await page.getByRole('button', { name: /Show \d+ new deliveries/ }).waitFor()
    expect(await first.innerText()).toBe(text)
    const moved = (await first.boundingBox())?.y ?? 0
    // the bar that counts them takes its place once
    expect(moved - (place?.y ?? 0)).toBeLessThanOrEqual(50)
    const again = await first.boundingBox()
    await send(webhook.type, 10)
    await page.waitForTimeout(1_500)
    expect(await first.boundingBox()).toEqual(again)
    await page.getByRole('button', { name: /Show \d+ new deliveries/ }).click()
    await expect.poll(() => first.innerText()).not.toBe(text)
  })

  it('finds a webhook, an event by its subject, and a page by ⌘K', async () => {
    const { page } = window
    const webhook = await hook('Findable', await receive())
    await herald.event({ type: webhook.type, subject: 'cus_find_me' })
    await page.goto('/')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.keyboard.press('ControlOrMeta+k')
    const field = page.getByRole('textbox', { name: 'An id, a subject, or a name' })
    await field.fill('Findable')
    await page.getByRole('button', { name: /webhook Findable/ }).waitFor()
    await field.fill('cus_find_me')
    await page.getByRole('button', { name: /event findable · cus_find_me/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /findable/ }).waitFor()
  })
})

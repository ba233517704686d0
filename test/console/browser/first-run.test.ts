import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, startHerald } from '../../support/herald.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { closeBrowser, hasBrowser, logIn, openWindow, type Window } from './window.ts'

let herald: Herald
let receiver: Receiver
let window: Window
beforeAll(async () => {
  herald = await startHerald('console_first')
  receiver = await startReceiver()
  window = await openWindow(herald.api)
})
afterAll(async () => {
  await window.close()
  await closeBrowser()
  await herald.stop()
  await receiver.close()
})

describe.skipIf(!hasBrowser)('the first run of the console', () => {
  it('leads from the login to a verified delivery in at most six clicks', async () => {
    const { page } = window
    await logIn(window, herald.adminKey)
    await page.getByRole('link', { name: 'Create your first webhook' }).click()
    await page.getByRole('textbox', { name: 'Webhook Name' }).fill('My first')
    await page.getByRole('combobox', { name: 'Webhook Events' }).fill('customer_tag_add')
    await page.getByRole('textbox', { name: 'URL' }).fill(receiver.url)
    await page.getByText('it resolves, and may be called').waitFor()
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    const secret = await page.locator('code', { hasText: 'whsec_' }).textContent()
    await page.getByRole('button', { name: 'Send test' }).click()
    const result = page.getByRole('region', { name: 'Result of the test' })
    await result.getByText('delivered').waitFor()
    await result.getByText('attempt 1 · 200').waitFor()
    expect(await window.clicks()).toBeLessThanOrEqual(6)
    const [hit] = receiver.hits
    const verified = new Webhook(secret ?? '').verify(hit?.body.toString() ?? '', {
      'webhook-id': String(hit?.headers['webhook-id']),
      'webhook-timestamp': String(hit?.headers['webhook-timestamp']),
      'webhook-signature': String(hit?.headers['webhook-signature']),
    })
    expect(verified).toMatchObject({ type: 'customer_tag_add' })
    expect(window.faults).toEqual([])
  })

  it('remembers what a test sent', async () => {
    const { page } = window
    const data = page.getByRole('textbox', { name: 'Data' })
    await data.fill('{"tagId":"mine","action":"add","userId":null,"processId":null}')
    await page.getByRole('button', { name: 'Send test' }).click()
    await expect.poll(() => receiver.hits.length).toBe(2)
    await page.reload()
    expect(await data.inputValue()).toContain('"mine"')
  })
})

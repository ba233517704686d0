import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HeraldProcess, heraldProcess } from '../../support/servers/process.ts'
import { ownServers, type OwnServers } from '../../support/servers/own-servers.ts'
import { closeBrowser, hasBrowser, logIn, openWindow, type Window } from './window.ts'

let servers: OwnServers
let herald: HeraldProcess
let window: Window

beforeAll(async () => {
  if (!hasBrowser) return
  servers = await ownServers()
  herald = await heraldProcess('console-away', {
    TEMPORAL_ADDRESS: servers.temporal.address,
    MONGODB_URI: `${servers.mongo.url}/herald?directConnection=true`,
  })
  await herald.start()
  window = await openWindow(herald.api)
})
afterAll(async () => {
  if (!hasBrowser) return
  await closeBrowser()
  await herald.kill()
  await servers.stop()
})

describe.skipIf(!hasBrowser)('an open page of the console', () => {
  it.each([
    ['MongoDB does not answer', () => servers.mongo],
    ['Temporal does not answer', () => servers.temporal],
    ['herald does not answer', () => herald],
  ] as const)(
    'says “%s” and goes on by itself when it is back',
    async (note, part) => {
      const { page } = window
      if (page.url() === 'about:blank')
        await logIn(window, herald.environment['ADMIN_API_KEY'] ?? '')
      await page.goto('/settings/webhooks')
      await page.getByText('There is no webhook yet').waitFor()
      const said = page.getByRole('status').getByText(note)
      await part().kill()
      await said.waitFor({ timeout: 20_000 })
      await part().start()
      await said.waitFor({ state: 'detached', timeout: 40_000 })
      await page.getByRole('link', { name: 'Create your first webhook' }).click()
      await page.getByRole('heading', { name: 'Create webhook' }).waitFor()
      expect(await page.getByRole('alert').count()).toBe(0)
    },
    120_000,
  )
})

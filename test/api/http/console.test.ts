import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consoleRouter } from '../../../src/api/http/console.ts'

let folder: string
let server: Server
let url: string
beforeAll(async () => {
  folder = `${await mkdtemp(join(tmpdir(), 'herald-console-'))}/`
  await mkdir(`${folder}assets`)
  await writeFile(
    `${folder}index.html`,
    '<script nonce="__CSP_NONCE__" src="/assets/a.js"></script>',
  )
  await writeFile(`${folder}assets/a.js`, 'void 0')
  const app = express()
  app.use(consoleRouter(folder))
  app.use((_request, response) => void response.status(404).json({ api: true }))
  server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

const get = (path: string, accept: string) => fetch(`${url}${path}`, { headers: { accept } })
const HTML = 'text/html,application/xhtml+xml'

describe('the console', () => {
  it.each(['/', '/deliveries', '/settings/webhooks/wh_1/test', '/events/e.1'])(
    'is the page of %s for a browser, under a policy that lets nothing inline run',
    async (path) => {
      const answer = await get(path, HTML)
      expect(answer.status).toBe(200)
      const policy = answer.headers.get('content-security-policy') ?? ''
      expect(policy).toContain("script-src 'self';")
      expect(policy).not.toContain('unsafe')
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1]
      expect(await answer.text()).toContain(`nonce="${nonce}"`)
      expect(answer.headers.get('cache-control')).toBe('no-store')
    },
  )

  it('has another nonce each time', async () => {
    const texts = await Promise.all([1, 2].map(async () => (await get('/', HTML)).text()))
    expect(texts[0]).not.toBe(texts[1])
  })

  it.each([
    ['/', 'application/json'],
    ['/', '*/*'],
    ['/v1/deliveries', HTML],
    ['/docs', HTML],
    ['/readyz', HTML],
    ['/assets/missing.js', HTML],
  ])('leaves %s for %s to the API', async (path, accept) => {
    expect(await (await get(path, accept)).json()).toEqual({ api: true })
  })

  it('serves its files for ever, since their names change with them', async () => {
    const answer = await get('/assets/a.js', '*/*')
    expect(answer.headers.get('cache-control')).toContain('immutable')
  })

  it('is absent where it was not built', async () => {
    const app = express().use(consoleRouter('/nowhere/'))
    app.use((_request, response) => void response.status(404).end())
    const other = createServer(app).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: HTML } })
    expect(answer.status).toBe(404)
    other.close()
  })
})

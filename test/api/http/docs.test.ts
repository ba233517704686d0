import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { groupsOf, type ReferenceDocument } from '../../../scripts/docs-page/document.ts'
import { exampleOf } from '../../../scripts/docs-page/example.ts'
import { referencePage } from '../../../scripts/docs-page/page.ts'
import { ATTEMPT_CODES, ENDING_CODES } from '../../../src/delivery/failure-codes.ts'
import { PROBLEMS } from '../../../src/api/http/errors.ts'
import { helpAnchor } from '../../../src/api/http/links.ts'
import { buildOpenApi } from '../../../scripts/openapi-document.ts'
import { packageVersion } from '../../../src/process/runtime.ts'
import { ROUTES } from '../../../src/api/routes.ts'
import { type Api, startApi } from '../support.ts'

const document = buildOpenApi({ version: packageVersion() }) as unknown as ReferenceDocument
const operations = ROUTES.map((route) => ({ title: `${route.method} ${route.path}`, route }))
let api: Api
let page = ''
beforeAll(async () => {
  api = await startApi()
  page = (await get('/docs')).text
})
afterAll(() => api.stop())

async function get(path: string) {
  const response = await fetch(new URL(path, api.url), { redirect: 'manual' })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** What a reader sees, all white space as one space. */
function textOf(markup: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return markup
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&([a-z]+|#39);/g, (_all, name: string) => named[name] ?? '')
}
const inOneLine = (text: string) => text.replaceAll(/\s+/g, ' ')

/** The part of the page about one operation. */
function articleOf(method: string, path: string): string {
  const id = `${method} ${path}`.match(/[a-z0-9]+/gi)?.join('-')
  return page.split(`<article id="${id}">`)[1]?.split('</article>')[0] ?? ''
}

/** The arguments that a shell gives to curl for an example. */
async function argumentsOf(example: string, env: Record<string, string>): Promise<string[]> {
  const script = `curl() { printf '%s\\0' "$@"; }\n${example}`
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env })
  return stdout.split('\0').slice(0, -1)
}

describe('GET /docs', () => {
  it.each(operations)('shows $title with role, parameters, body, answers', ({ route }) => {
    const { method, path, role, summary } = route
    const article = articleOf(method, path)
    const text = inOneLine(textOf(article))
    expect(text).toContain(`${method.toUpperCase()} ${path} #`)
    expect(text).toContain(summary.replaceAll('`', ''))
    expect(text).toContain(role === null ? 'No key needed.' : `Role: ${role}.`)
    const operation = document.paths[path]?.[method]
    for (const { name } of operation?.parameters ?? [])
      expect(article).toContain(`<code class="name">${name}</code>`)
    for (const status of Object.keys(operation?.responses ?? {})) expect(text).toContain(status)
    for (const { schema } of Object.values(operation?.requestBody?.content ?? {})) {
      const named = document.components.schemas[schema.$ref?.split('/').at(-1) ?? ''] ?? schema
      for (const name of Object.keys(named.properties ?? {}))
        expect(article).toContain(`<code class="name">${name}</code>`)
    }
    expect(page).toContain(`<h2 id="tag-${route.tag.toLowerCase().replaceAll(' ', '-')}">`)
  })

  it.each(operations)('has an example of $title that the API takes as it is', async ({ route }) => {
    const [, example = ''] =
      /<pre class="shell"[^>]*><code>([^]*?)<\/code>/.exec(articleOf(route.method, route.path)) ??
      []
    const of = ['WEBHOOK', 'EVENT', 'DELIVERY', 'REPLAY', 'API_KEY'].map((one) => `${one}_ID`)
    const ids = Object.fromEntries([...of, 'EVENT_TYPE_NAME'].map((name) => [name, 'nothing']))
    const env = { HERALD_URL: api.url, HERALD_KEY: api.keys.admin, ETAG: '', ...ids }
    const [silent, url = '', ...options] = await argumentsOf(textOf(example), env)
    const values = (name: string) =>
      options.filter((_value, index) => options[index - 1] === name && index % 2 === 1)
    const sent = values('-H').map((line) =>
      line.replace(/^[^:]*/, (name) => name.toLowerCase()).split(': '),
    )
    const [body] = values('-d')
    const answer = await api.call(values('-X')[0] ?? 'GET', new URL(url).pathname, {
      key: null,
      headers: Object.fromEntries(sent.filter(([, value]) => value)) as Record<string, string>,
      ...(body !== undefined && { body }),
    })
    expect(silent).toBe('-sS')
    const needsId = route.path.includes('{') ? [404, 428] : []
    const needsRealKey = route.method === 'post' && route.path === '/session' ? [401] : []
    const isOff = route.path.startsWith('/codec/') ? [404] : []
    const allowed = [200, 201, 202, 204, ...needsId, ...needsRealKey, ...isOff]
    expect(allowed, answer.text).toContain(answer.status)
  })

  it('runs nothing inline, loads nothing from elsewhere, and is under the policy of all answers', async () => {
    for (const [path, type] of [
      ['/docs', 'text/html'],
      ['/docs/errors', 'text/html'],
      ['/docs/style.css', 'text/css'],
      ['/docs/page.js', 'text/javascript'],
      ['/docs/guides/filters', 'text/html'],
    ] as const) {
      const { status, headers, text } = await get(path)
      expect([status, headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`])
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none';object-src 'none'",
      )
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      const served = text.replaceAll(/<script src="[./a-z]*page\.js" defer><\/script>/g, '')
      if (path.endsWith('.js')) continue
      expect(served).not.toMatch(/<script|<style|<img|<iframe|\sstyle=|\son\w+=|@import|url\(/i)
      expect(served).not.toMatch(/src=|href="(?:http:|\/|javascript:)/i)
    }
  })

  it('links only to what is there', async () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const links = new Set([...page.matchAll(/href="([^"]*)"/g)].map(([, link = '']) => link))
    expect(links).toContain('v1/openapi.json')
    for (const link of links)
      if (link.startsWith('#')) expect(ids).toContain(link.slice(1))
      else expect((await get(`/${link}`)).status, link).toBe(200)
    const slash = await get('/docs/?a=1')
    expect([slash.status, slash.headers.get('location')]).toEqual([308, '../docs'])
    expect((await get('/docs/nothing')).status).toBe(404)
  })

  it('has a place for each problem and each failure, with cause, remedy and example', async () => {
    const { text } = await get('/docs/errors')
    const failures = Object.keys({ ...ATTEMPT_CODES, ...ENDING_CODES })
    for (const anchor of [...Object.keys(PROBLEMS), ...failures.map(helpAnchor)]) {
      const place = text.split(`<section id="${anchor}">`)[1]?.split('</section>')[0]
      expect(place, anchor).toMatch(
        /<p>.+<\/p>[^]*What to do:<\/strong> .+<\/p>[^]*For example: <code>.+<\/code>/,
      )
    }
    const { json } = await api.call('GET', '/v1/webhooks', { key: null })
    expect(json).toMatchObject({ type: '/docs/errors#unauthenticated' })
  })

  it('says where this herald answers', async () => {
    expect(page).toContain('export HERALD_URL=http://127.0.0.1:8080\n')
    const elsewhere = await startApi({ env: { PUBLIC_URL: 'https://herald.example.com/$&/base/' } })
    try {
      const text = await (await fetch(new URL('/docs', elsewhere.url))).text()
      expect(text).toContain('export HERALD_URL=https://herald.example.com/$&amp;/base\n')
    } finally {
      await elsewhere.stop()
    }
  })

  it('has an example of each answer that fits its schema', () => {
    const ajv = new Ajv2020({ strict: false })
    formats.default(ajv)
    ajv.addSchema(document, 'openapi')
    let shown = 0
    for (const { title, route } of operations) {
      const responses = document.paths[route.path]?.[route.method]?.responses ?? {}
      for (const { content } of Object.values(responses)) {
        const schema = content?.['application/json']?.schema
        if (!schema) continue
        const text = JSON.stringify(schema).replaceAll('"#/', '"openapi#/')
        const validate = ajv.compile(JSON.parse(text) as object)
        validate(exampleOf(schema, document.components.schemas))
        expect(validate.errors, title).toBeNull()
        shown++
      }
      const isJson = Object.values(responses).some((one) => one.content?.['application/json'])
      expect(articleOf(route.method, route.path).includes('answer-example')).toBe(isJson)
    }
    expect(shown).toBeGreaterThan(50)
  })

  it('is sent once, compressed, and then only if it has changed', async () => {
    for (const path of ['/docs', '/docs/page.js', '/docs/guides/filters', '/v1/openapi.json']) {
      const first = await get(path)
      expect(first.headers.get('content-encoding'), path).toBe('gzip')
      expect(first.headers.get('vary')?.toLowerCase()).toContain('accept-encoding')
      const etag = first.headers.get('etag') ?? ''
      expect(etag).toMatch(/^W\/"\w{32}"$/)
      const plain = await fetch(new URL(path, api.url), {
        headers: { 'accept-encoding': 'identity' },
      })
      expect(plain.headers.get('content-encoding')).toBeNull()
      expect(await plain.text()).toBe(first.text)
      const again = await fetch(new URL(path, api.url), { headers: { 'if-none-match': etag } })
      expect([again.status, await again.text()]).toEqual([304, ''])
    }
  })

  it('finds every operation, guide, problem and schema, each where it is', async () => {
    const entries = JSON.parse((await get('/docs/search.json')).text) as {
      url: string
      title: string
    }[]
    const titles = new Set(entries.map(({ title }) => title))
    for (const { method, path } of ROUTES)
      expect(titles).toContain(`${method.toUpperCase()} ${path}`)
    for (const name of [...Object.keys(PROBLEMS), ...Object.keys(document.components.schemas)])
      expect(titles).toContain(name)
    const pages = new Map<string, string>()
    for (const { url } of entries) {
      const { pathname, hash } = new URL(url, `${api.url}/docs/`)
      const text = pages.get(pathname) ?? (await get(pathname)).text
      pages.set(pathname, text)
      if (hash) expect(text, url).toContain(`id="${hash.slice(1)}"`)
    }
    expect(pages.size).toBeGreaterThan(15)
  })

  it('has the guides beside the reference, whose links all lead somewhere', async () => {
    const names = [...page.matchAll(/href="docs\/guides\/([\w-]+)"/g)].map(([, name = '']) => name)
    for (const name of new Set(names)) {
      const { status, text } = await get(`/docs/guides/${name}`)
      expect([status, text.match(/<h1 /g)?.length], name).toEqual([200, 1])
      const main = text.slice(text.indexOf('<main'))
      for (const [, link = ''] of main.matchAll(/href="([^"]*)"/g)) {
        const target = new URL(link, `${api.url}/docs/guides/${name}`)
        if (target.origin !== api.url) continue
        const reached = await get(target.pathname)
        expect(reached.status, link).toBe(200)
        if (target.hash) expect(reached.text, link).toContain(`id="${target.hash.slice(1)}"`)
      }
    }
    expect(new Set(names).size).toBeGreaterThan(10)
  })

  it('puts the groups in the order of the tags, and what makes something first', () => {
    const groups = groupsOf(document)
    expect(groups.map(({ name }) => name)).toEqual(
      document.tags?.map(({ name }) => name).filter((name) => name !== 'Receivers'),
    )
    const webhooks = groups.find(({ name }) => name === 'Webhooks')?.placed ?? []
    expect(webhooks.slice(0, 3).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'post /v1/webhooks',
      'get /v1/webhooks',
      'get /v1/webhooks/{id}',
    ])
  })

  it('shows what a document says as text, whatever that is', () => {
    const evil = `"><script>alert('x')</script>&<b>`
    const schema = { description: evil, pattern: evil, enum: [evil], default: evil, format: evil }
    const content = { [evil]: { schema, example: { [evil]: evil } } }
    const strange: ReferenceDocument = {
      info: { title: evil, version: evil, description: evil },
      paths: {
        [evil]: {
          post: {
            summary: evil,
            description: evil,
            tags: [evil],
            security: [],
            parameters: [{ name: evil, in: evil, schema }],
            requestBody: { content },
            responses: { [evil]: { description: evil, headers: { [evil]: 1 }, content } },
          },
        },
      },
      components: {
        schemas: {
          [evil]: { type: 'object', properties: { [evil]: { $ref: evil, ...schema } } },
        },
      },
    }
    const guides = [{ name: evil, title: evil }]
    const made = referencePage(strange, { guides, groups: groupsOf(strange) })
    expect(made.replace(/<script src=[^>]*>/, '')).not.toMatch(
      /<script|<b>|"">|&(?!amp;|lt;|gt;|quot;|#39;)/,
    )
    expect(made.split('&lt;script&gt;').length).toBeGreaterThan(15)
    for (const [, value = ''] of made.matchAll(/="([^"]*)"/g)) expect(value).not.toMatch(/[<>]/)
  })
})

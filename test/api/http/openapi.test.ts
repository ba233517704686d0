import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PROBLEMS } from '../../../src/api/http/errors.ts'
import { buildOpenApi } from '../../../scripts/openapi-document.ts'
import { openApiText } from '../../../src/api/http/reference.ts'
import { ROUTES } from '../../../src/api/routes.ts'
import { packageVersion } from '../../../src/process/runtime.ts'

type Json = Record<string, unknown>
type Operation = {
  operationId: string
  tags: string[]
  security?: unknown[]
  requestBody?: { required?: boolean }
  responses: Record<string, { description: string; content?: Json }>
}
const document = buildOpenApi({ version: packageVersion() }) as unknown as {
  openapi: string
  info: { version: string }
  servers: { url: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Json> }
}
const { schemas } = document.components
const operationOf = (path: string, method: string) => document.paths[path]?.[method]

describe('the OpenAPI document', () => {
  it('is the one in docs/openapi.json', () => {
    const stored: unknown = JSON.parse(readFileSync('docs/openapi.json', 'utf8'))
    expect(JSON.parse(JSON.stringify(document))).toEqual(stored)
  })

  it('has every route with its problems', () => {
    expect(document.openapi).toBe('3.1.0')
    for (const { path, method, role } of ROUTES) {
      const statuses = Object.keys(operationOf(path, method)?.responses ?? {})
      expect(statuses, `${method} ${path}`).toEqual(expect.arrayContaining(['431', '500']))
      if (role) expect(statuses).toEqual(expect.arrayContaining(['401', '403', '503']))
    }
  })

  it('has an example of every JSON body, which fits its schema', () => {
    for (const { path, method, body, example } of ROUTES)
      if (body) expect(body.safeParse(example).error, `${method} ${path}`).toBeUndefined()
  })

  it('says that the data of an event must be there', () => {
    expect(schemas['EventInput']).toMatchObject({ required: ['type', 'data'] })
  })

  it('names each method of a path once', () => {
    const names = ROUTES.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(names).size).toBe(names.length)
  })

  it('gives every operation a name of its own that is an identifier in any language', () => {
    const all = [document.paths, document.webhooks].flatMap((paths) =>
      Object.values(paths).flatMap((methods) => Object.values(methods)),
    )
    const ids = all.map(({ operationId }) => operationId)
    expect(new Set(ids.map((id) => id.toLowerCase())).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/)
    expect(operationOf('/v1/webhooks/{id}/pause', 'post')?.operationId).toBe('pauseWebhook')
  })

  it('says what each tag is about, and has none that nothing uses', () => {
    const used = ROUTES.map(({ tag }) => tag as string)
    const described = document.tags.map(({ name }) => name)
    expect(new Set(described)).toEqual(new Set([...used, 'Receivers']))
    for (const { description } of document.tags) expect(description).toMatch(/^\p{Lu}.*\.$/u)
  })

  it('has the version of the package, and the address where callers reach it', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(document.info.version).toBe(version)
    expect(document.servers).toEqual([{ url: '/' }])
    const PUBLIC_URL = 'https://herald.example.com/base'
    const served = JSON.parse(openApiText({ PUBLIC_URL })) as typeof document
    expect(served).toEqual({ ...document, servers: [{ url: PUBLIC_URL }] })
    expect(JSON.parse(openApiText({ PUBLIC_URL: undefined }))).toEqual(document)
  })

  it('says that a key is needed where one is, and that none is elsewhere', () => {
    for (const { path, method, role } of ROUTES)
      expect(operationOf(path, method)?.security, `${method} ${path}`).toEqual(
        role ? [{ apiKey: [] }, { session: [] }] : [],
      )
  })

  it('says that a body is needed wherever a request without one is refused', () => {
    for (const { path, method, body } of ROUTES)
      expect(operationOf(path, method)?.requestBody?.required, `${method} ${path}`).toBe(
        body ? !body.safeParse({}).success : undefined,
      )
    expect(operationOf('/v1/webhooks', 'post')?.requestBody?.required).toBe(true)
    expect(operationOf('/v1/webhooks/{id}/secret/rotate', 'post')?.requestBody?.required).toBe(
      false,
    )
  })

  it('has every code of a problem at its status', () => {
    for (const [code, [status]] of Object.entries(PROBLEMS)) {
      const answers = ROUTES.map(({ path, method }) => operationOf(path, method)?.responses[status])
      const described = answers.filter((one) => one?.content?.['application/problem+json'])
      for (const one of described) expect(one?.description).toContain(`\`${code}\``)
    }
    expect(schemas['Problem']).toMatchObject({
      properties: { code: { enum: Object.keys(PROBLEMS) } },
    })
  })

  it.each([
    ['Target', 'type', { http: 'HttpTarget', slack: 'SlackTarget' }],
    ['TargetInput', 'type', { http: 'HttpTargetInput', slack: 'SlackTargetInput' }],
    [
      'Retry',
      'type',
      {
        fixed: 'FixedRetry',
        exponential: 'ExponentialRetry',
        list: 'ListRetry',
        within: 'WithinRetry',
      },
    ],
    [
      'SignatureInput',
      'scheme',
      {
        'standard-webhooks': 'StandardWebhooksSignature',
        'hmac-sha256': 'HmacSignatureInput',
        timestamped: 'TimestampedSignature',
        none: 'NoSignature',
      },
    ],
  ])('tells the kinds of %s by their %s', (name, propertyName, kinds) => {
    const mapping = Object.fromEntries(
      Object.entries(kinds).map(([value, kind]) => [value, `#/components/schemas/${kind}`]),
    )
    expect(schemas[name]?.['discriminator']).toEqual({ propertyName, mapping })
    for (const kind of Object.values(kinds)) expect(schemas[kind]).toMatchObject({ type: 'object' })
  })

  it('asks for no field that has a default, and promises it in what is answered', () => {
    for (const [given, shown, field] of [
      ['HttpTargetInput', 'HttpTarget', 'timeout'],
      ['SlackTargetInput', 'SlackTarget', 'timeout'],
      ['HmacSignatureInput', 'HmacSignature', 'encoding'],
      ['AutoDisableInput', 'AutoDisable', 'attempts'],
    ] as const) {
      expect(schemas[given]?.['required'] ?? [], given).not.toContain(field)
      expect(schemas[shown]?.['required'], shown).toContain(field)
    }
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildOpenApi } from '../../../src/api/http/openapi.ts'
import { ROUTES } from '../../../src/api/routes.ts'

const document = buildOpenApi() as unknown as {
  openapi: string
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>
}

describe('the OpenAPI document', () => {
  it('is the one in docs/openapi.json', () => {
    const stored: unknown = JSON.parse(readFileSync('docs/openapi.json', 'utf8'))
    expect(JSON.parse(JSON.stringify(document))).toEqual(stored)
  })

  it('has every route with its problems', () => {
    expect(document.openapi).toBe('3.1.0')
    for (const { path, method, role } of ROUTES) {
      const statuses = Object.keys(document.paths[path]?.[method]?.responses ?? {})
      expect(statuses, `${method} ${path}`).toEqual(expect.arrayContaining(['431', '500']))
      if (role) expect(statuses).toEqual(expect.arrayContaining(['401', '403', '503']))
    }
  })

  it('has an example of every JSON body, which fits its schema', () => {
    for (const { path, method, body, example } of ROUTES)
      if (body) expect(body.safeParse(example).error, `${method} ${path}`).toBeUndefined()
  })

  it('says that the data of an event must be there', () => {
    expect(buildOpenApi().components?.schemas?.['EventInput']).toMatchObject({
      required: ['type', 'data'],
    })
  })

  it('names each method of a path once', () => {
    const names = ROUTES.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(names).size).toBe(names.length)
  })
})

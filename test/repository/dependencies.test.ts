import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
const versions = z.record(z.string(), z.string())
const { dependencies, devDependencies } = z
  .object({ dependencies: versions, devDependencies: versions })
  .parse(JSON.parse(await read('package.json')))

describe('the dependencies', () => {
  it('have a reason each in docs/decisions/0004-dependencies.md, and no reason is left over', async () => {
    const page = await read('docs/decisions/0004-dependencies.md')
    const named = [...page.matchAll(/^\| `([^`]+)`\s*\| \S/gm)].map(([, name = '']) => name)
    expect(named.toSorted()).toEqual(Object.keys(dependencies).toSorted())
  })

  it.each(Object.entries({ ...dependencies, ...devDependencies }))(
    '%s has an exact version',
    (_name, version) => {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    },
  )
})

import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { defineModels } from '../../src/models/connect.ts'

it('docs/operate.md says of every collection of MongoDB what it holds and when that goes', async () => {
  const page = await readFile(new URL('../../docs/operate.md', import.meta.url), 'utf8')
  const table = page.split('| Collection ')[1]?.split('\n\n')[0] ?? ''
  const told = [...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)
  const { models } = defineModels().connection
  const stored = Object.values(models).map((model) => model.collection.collectionName)
  expect(new Set(told)).toEqual(new Set(stored))
  expect(told.length).toBe(stored.length)
})

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const text = await readFile(new URL('docs/seeds.md', root), 'utf8')

/** The test files that docs/seeds.md names, each with the titles that follow it. */
const claims = [...text.matchAll(/`(test\/[\w/-]+\.test\.ts)`((?:,? “[^”]+”)*)/g)].map(
  ([, file = '', titles = '']) => ({
    file,
    titles: [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title),
  }),
)

describe('docs/seeds.md', () => {
  it('names only tests that exist, by their titles', async () => {
    const wrong: string[] = []
    for (const { file, titles } of claims) {
      const path = fileURLToPath(new URL(file, root))
      const source = await readFile(path, 'utf8').catch(() => '')
      if (source === '') wrong.push(file)
      wrong.push(...titles.filter((title) => !source.includes(`'${title}'`)))
    }
    expect(wrong).toEqual([])
    expect(claims.length).toBeGreaterThan(30)
  })

  it('has a test for each promise', () => {
    const rows = text.split('\n').filter((line) => /^\| (?!Promise|--)/.test(line))
    expect(rows.filter((row) => !/`test\/|the same/.test(row))).toEqual([])
  })
})

import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...(await readdir(join(root, 'docs'), { recursive: true }))
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
]

const architecture = () => readFile(join(root, 'docs/architecture.md'), 'utf8')

describe('the documents', () => {
  it.each(pages)('%s links to files that exist', async (page) => {
    const text = await readFile(join(root, page), 'utf8')
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => target)
    const missing = targets.filter((target) => !existsSync(join(root, dirname(page), target)))
    expect(missing).toEqual([])
  })

  it('name every folder and top-level file of src in the architecture', async () => {
    const entries = await readdir(join(root, 'src'), { withFileTypes: true })
    const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    const text = await architecture()
    expect(names.filter((name) => !text.includes(name.replace(/\/$/, '')))).toEqual([])
  })

  it('name one file and one test for each rule, and both are there', async () => {
    const table =
      (await architecture()).split('## Which rule lives where')[1]?.split('## ')[0] ?? ''
    const rules = table.split('\n').filter((line) => line.includes('?'))
    expect(rules.length).toBeGreaterThanOrEqual(15)
    for (const line of rules) {
      const [file = '', test = ''] = [...line.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)
      const code = await readFile(join(root, file), 'utf8')
      expect(code.split('\n').length, file).toBeLessThanOrEqual(151)
      expect(await readFile(join(root, test), 'utf8'), test).toContain('it')
    }
  })

  it('name no file in a comment that is not here', async () => {
    const missing: string[] = []
    for (const folder of ['src', 'dev', 'bench', 'faults', 'scripts', 'test', 'examples'])
      for (const path of await readdir(join(root, folder), { recursive: true })) {
        if (!path.endsWith('.ts')) continue
        const text = await readFile(join(root, folder, path), 'utf8')
        for (const [, named = ''] of text.matchAll(/(?:\/\/|\*)[^\n]*?\b([\w/-]+\.md)\b/g)) {
          const places = [named, `docs/${named}`, `docs/decisions/${named}`, `${folder}/${named}`]
          if (!places.some((place) => existsSync(join(root, place))))
            missing.push(`${path}: ${named}`)
        }
      }
    expect(missing).toEqual([])
  })
})

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { format } from 'prettier'
import { z } from 'zod'
import { buildOpenApi } from './openapi-document.ts'
import { configSchema } from '../src/config.ts'
import { packageVersion } from '../src/process/runtime.ts'
import type { ReferenceDocument } from './docs-page/document.ts'
import { referencePages } from './docs-page/pages.ts'
import { operatePage } from './operate-page.ts'
import { rolesPage } from './roles-page.ts'

const root = new URL('..', import.meta.url)
const tableMarkers = /(<!-- environment:begin -->)[^]*(<!-- environment:end -->)/

const keySchema = z.object({
  type: z.enum(['string', 'integer', 'number', 'boolean']),
  description: z.string(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
})
const documentSchema = z.object({ properties: z.record(z.string(), keySchema) })

/** What each environment key accepts, means and defaults to. Throws where a key has no description. */
function environmentKeys() {
  const document = documentSchema.parse(z.toJSONSchema(configSchema, { io: 'input' }))
  return Object.entries(document.properties).map(([name, key]) => ({
    name,
    description: key.description,
    values: key.enum?.join(', ') ?? range(key),
    initial: key.default === undefined ? undefined : String(key.default),
  }))
}

function range({ minimum, maximum }: z.infer<typeof keySchema>): string | undefined {
  return minimum === undefined || maximum === undefined ? undefined : `${minimum} to ${maximum}`
}

/** The text of `.env.example`: every key with its default; keys without one, so every secret, are commented out. */
export function envExample(): string {
  const keys = environmentKeys().map(({ name, description, values, initial }) => {
    const comment = `# ${description}${values ? ` (${values})` : ''}`
    return `${comment}\n${initial === undefined ? '# ' : ''}${name}=${initial ?? ''}\n`
  })
  const head = '# Every environment key of herald with its default. Made by `npm run docs`.\n'
  return [head, ...keys].join('\n')
}

const code = (text: string | undefined) => (text ? `\`${text}\`` : '')

function environmentTable(): string {
  const rows = environmentKeys().map(({ name, description, values, initial }) => {
    const meaning = `${description}${values ? ` (${values})` : ''}`.replaceAll('|', '\\|')
    return `| ${code(name)} | ${code(initial)} | ${meaning} |`
  })
  return ['| Key | Default | Meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

/** The README with the environment table between its markers renewed. Throws where the markers are missing. */
export async function readmeWithTable(readme: string): Promise<string> {
  if (!tableMarkers.test(readme)) throw new Error('README.md has no environment markers')
  const renewed = readme.replace(
    tableMarkers,
    (_all, begin: string, end: string) => `${begin}\n\n${environmentTable()}\n\n${end}`,
  )
  return format(renewed, { parser: 'markdown', semi: false, singleQuote: true, printWidth: 100 })
}

/** Every generated file by its path from the root, with the text that it must have. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const document = buildOpenApi({ version: packageVersion() })
  const roles = await format(rolesPage(), { parser: 'markdown', printWidth: 100 })
  const operate = await operatePage(await readFile(new URL('docs/operate.md', root), 'utf8'))
  const reference = document as unknown as ReferenceDocument
  const pages = await referencePages(reference, { roles, operate })
  const readme = await readFile(new URL('README.md', root), 'utf8')
  return new Map([
    ['.env.example', envExample()],
    ['README.md', await readmeWithTable(readme)],
    ['docs/roles.md', roles],
    ['docs/operate.md', operate],
    ['docs/openapi.json', `${JSON.stringify(document, null, 2)}\n`],
    ...pages.map(([path, text]) => [`docs/reference/${path}`, text] as const),
  ])
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const [path, text] of await generatedFiles())
    await writeFile(fileURLToPath(new URL(path, root)), text)

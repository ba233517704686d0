import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

const root = fileURLToPath(new URL('../..', import.meta.url))
const layer = 'eslint(no-restricted-imports)'
const value = (from: string) => `import { thing } from '${from}'\nexport const used = thing\n`
const type = (from: string) =>
  `import type { Thing } from '${from}'\nexport type Used = Thing['name']\n`
const reexport = (from: string) => `export { thing } from '${from}'\n`

/** What the tree of the seeds imports; each module has a value and a type. */
const modules = [
  'config',
  'ids',
  'logger',
  'metrics',
  'temporal/gateway',
  'cli',
  'process/server',
  'process/worker',
  'process/runtime',
  'process/setup',
  'json/scan',
  'delivery/schedule',
  'filter/verdict',
  'outbound/post',
  'outbound/signature',
  'models/event',
  'vault/key-ring',
  'catalogue/seed-types',
  'ingest/gate',
  'ingest/types',
  'workflows/deliver-events',
  'activities/deliver/deliver',
  'api/app',
]

const forbidden: [file: string, source: string, rule?: string][] = [
  ['delivery/a.ts', value('node:crypto')],
  ['delivery/b.ts', value('../ids.ts')],
  ['delivery/c.ts', value('zod')],
  ['delivery/d.ts', type('../models/event.ts')],
  ['workflows/a.ts', value('../models/event.ts')],
  ['workflows/b.ts', value('../activities/deliver/deliver.ts')],
  ['workflows/c.ts', value('node:crypto')],
  ['workflows/d.ts', value('../ids.ts')],
  ['workflows/e.ts', value('zod')],
  ['workflows/g.ts', value('../filter/verdict.ts')],
  ['filter/a.ts', value('../models/event.ts')],
  ['filter/b.ts', value('../outbound/post.ts')],
  ['filter/c.ts', value('../config.ts')],
  [
    'workflows/f.ts',
    "export const page = () => fetch('https://example.com')\n",
    'eslint(no-restricted-globals)',
  ],
  ['outbound/a.ts', value('../models/event.ts')],
  ['outbound/b.ts', value('../api/app.ts')],
  ['outbound/c.ts', value('../temporal/gateway.ts')],
  ['models/a.ts', value('../outbound/signature.ts')],
  ['models/b.ts', value('../temporal/gateway.ts')],
  ['models/c.ts', reexport('../ingest/gate.ts')],
  ['models/d.ts', value('../catalogue/seed-types.ts')],
  ['vault/a.ts', value('../models/event.ts')],
  ['catalogue/a.ts', value('../models/event.ts')],
  ['ingest/a.ts', value('../api/app.ts')],
  ['ingest/b.ts', value('../activities/deliver/deliver.ts')],
  ['ingest/c.ts', value('../workflows/deliver-events.ts')],
  ['ingest/d.ts', value('../outbound/post.ts')],
  ['ingest/e.ts', value('../process/server.ts')],
  ['activities/a.ts', value('../api/app.ts')],
  ['activities/b.ts', value('../workflows/deliver-events.ts')],
  ['activities/c.ts', value('../ingest/gate.ts')],
  ['activities/d.ts', value('../process/worker.ts')],
  ['activities/e.ts', value('../../dev/demo/event.ts')],
  ['api/a.ts', value('../activities/deliver/deliver.ts')],
  ['api/b.ts', value('../workflows/deliver-events.ts')],
  ['api/c.ts', value('../outbound/post.ts')],
  ['api/d.ts', value('../ingest/gate.ts')],
  ['api/e.ts', value('../cli.ts')],
  ['api/f.ts', value('../../dev/demo/event.ts')],
  ['api/g.ts', reexport('../outbound/post.ts')],
  ['api/j.ts', value('../process/runtime.ts')],
  ['activities/f.ts', value('../process/setup.ts')],
  ['process/a.ts', value('../../dev/demo/event.ts')],
  ['api/i.ts', "export const load = () => import('../outbound/post.ts')\n"],
  ['api/h.ts', value('../../test/support/receiver.ts')],
  ['api/events/b.ts', value('../deliveries/read.ts')],
  ['api/events/a.ts', value('../../activities/deliver/deliver.ts')],
  ['models/deliveries/a.ts', value('../../outbound/signature.ts')],
  ['outbound/connect/a.ts', value('../../models/event.ts')],
  ['activities/lane/a.ts', value('../../api/app.ts')],
  ['json/a.ts', value('../models/event.ts')],
  ['metrics.ts', value('./models/event.ts')],
  ['logger.ts', value('./temporal/gateway.ts')],
  ['ids.ts', value('./delivery/schedule.ts')],
  ['temporal/a.ts', value('../workflows/deliver-events.ts')],
  ['process/b.ts', value('../../dev/demo/event.ts')],
  ['process/c.ts', value('../../dev/main.ts')],
]

const allowed: [file: string, source: string][] = [
  ['delivery/y.ts', value('./schedule.ts')],
  ['workflows/y.ts', value('@temporalio/workflow') + reexport('../delivery/schedule.ts')],
  ['workflows/z.ts', type('../activities/deliver/deliver.ts')],
  ['filter/x.ts', value('@marcbachmann/cel-js') + reexport('../delivery/schedule.ts')],
  ['filter/y.ts', type('../models/event.ts')],
  ['outbound/x.ts', value('node:crypto') + reexport('../delivery/schedule.ts')],
  ['outbound/y.ts', value('undici') + reexport('../logger.ts')],
  ['outbound/z.ts', type('../models/event.ts')],
  ['models/y.ts', value('mongoose') + reexport('../ids.ts')],
  ['models/z.ts', value('./event.ts') + reexport('../delivery/schedule.ts')],
  ['vault/y.ts', value('node:crypto') + reexport('./key-ring.ts')],
  ['models/x.ts', value('../vault/key-ring.ts')],
  ['catalogue/y.ts', value('ajv') + reexport('./seed-types.ts')],
  ['api/u2.ts', value('../catalogue/seed-types.ts')],
  ['ingest/x.ts', value('../models/event.ts') + reexport('../delivery/schedule.ts')],
  ['ingest/y.ts', value('../temporal/gateway.ts') + reexport('../ids.ts')],
  ['ingest/z.ts', value('../logger.ts') + reexport('../config.ts')],
  ['activities/x.ts', value('../models/event.ts') + reexport('../outbound/post.ts')],
  ['activities/w.ts', value('../filter/verdict.ts')],
  ['api/u2.ts', value('../filter/verdict.ts')],
  ['activities/y.ts', value('../temporal/gateway.ts') + reexport('../ids.ts')],
  ['activities/z.ts', type('../workflows/deliver-events.ts')],
  ['api/v.ts', value('../models/event.ts') + reexport('../delivery/schedule.ts')],
  ['api/w.ts', value('../outbound/signature.ts') + reexport('../ids.ts')],
  ['api/x.ts', value('../temporal/gateway.ts') + reexport('../config.ts')],
  ['api/y.ts', type('../ingest/gate.ts') + reexport('../ingest/types.ts')],
  ['api/z.ts', type('../workflows/deliver-events.ts')],
  ['server.z.ts', value('./api/app.ts') + reexport('./ingest/gate.ts')],
  ['dev.z.ts', value('../../dev/demo/event.ts') + reexport('./server.ts')],
]

const generalRules: [file: string, source: string, rule: string][] = [
  ['api/p.ts', 'export const port = process.env.PORT\n', 'node(no-process-env)'],
  ['api/q.ts', "export const say = () => console.log('hello')\n", 'eslint(no-console)'],
  ['api/r.ts', 'export default 1\n', 'import(no-default-export)'],
  [
    'api/s.ts',
    'export const run = (work: () => Promise<void>) => {\n  work()\n}\n',
    'typescript(no-floating-promises)',
  ],
  ['api/t.ts', 'export const pass = (value: any) => value\n', 'typescript(no-explicit-any)'],
  [
    'api/u.ts',
    'export const sum = (a: number, b: number, c: number, d: number, e: number) => a + b + c + d + e\n',
    'eslint(max-params)',
  ],
  [
    'api/cycle-a.ts',
    "export { one } from './cycle-b.ts'\nexport const two = 2\n",
    'import(no-cycle)',
  ],
  [
    'api/cycle-b.ts',
    "export { two } from './cycle-a.ts'\nexport const one = 1\n",
    'import(no-cycle)',
  ],
]

const reportSchema = z.object({
  diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })),
})
const reports = new Map<string, string[]>()
let tree = ''

async function writeTree(): Promise<void> {
  const files = new Map<string, string>()
  for (const name of modules)
    files.set(`${name}.ts`, "export type Thing = { name: string }\nexport const thing = 'thing'\n")
  for (const [file, source] of [...forbidden, ...allowed, ...generalRules]) files.set(file, source)
  for (const [file, source] of files) {
    const path = join(tree, 'src', file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, source)
  }
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
    await cp(join(root, name), join(tree, name))
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'))
}

async function lint(): Promise<z.infer<typeof reportSchema>> {
  const output = await new Promise<string>((resolve) => {
    const bin = join(root, 'node_modules/oxlint/bin/oxlint')
    execFile(
      process.execPath,
      [bin, '--format', 'json', 'src'],
      { cwd: tree, maxBuffer: 2 ** 24 },
      (_error, stdout) => resolve(stdout),
    )
  })
  return reportSchema.parse(JSON.parse(output))
}

describe('the lint rules of the layers', () => {
  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'herald-layers-'))
    await writeTree()
    for (const { filename, code } of (await lint()).diagnostics)
      reports.set(filename, [...(reports.get(filename) ?? []), code])
  })
  afterAll(() => rm(tree, { recursive: true, force: true }))

  it.each(forbidden)('report src/%s: %s', (file, _source, rule = layer) => {
    expect(reports.get(`src/${file}`)).toContain(rule)
  })

  it.each(allowed)('accept src/%s: %s', (file) => {
    expect(reports.get(`src/${file}`) ?? []).not.toContain(layer)
  })

  it.each(generalRules)('report src/%s: %s', (file, _source, rule) => {
    expect(reports.get(`src/${file}`)).toContain(rule)
  })
})

// The linters and generators, at exact versions; npx and pip keep them outside of this folder.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { cacheFolder, exists, output } from '../servers/install.mjs'

const REDOCLY = '@redocly/cli@2.77.0'
const SPECTRAL = '@stoplight/spectral-cli@6.16.3'
const OPENAPI_TYPESCRIPT = 'openapi-typescript@7.13.0'
/** openapi-typescript writes with the API of TypeScript 5; what it wrote is checked with herald's own TypeScript. */
const TYPESCRIPT = 'typescript@5.9.3'
const PYTHON_CLIENT = '0.29.1'
const OAPI_CODEGEN = 'v2.8.2'
/** Has promlint, the linter of promtool. */
const CLIENT_GOLANG = 'github.com/prometheus/client_golang@v1.23.2'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))
const DOCUMENT = join(root, 'docs/openapi.json')

const npx = (packages, args, options) =>
  output('npx', ['--yes', ...packages.flatMap((name) => ['--package', name]), ...args], options)

/** Throws where Redocly or Spectral finds an error. */
export async function lint() {
  await npx([REDOCLY], ['redocly', 'lint', DOCUMENT, '--extends', 'recommended'])
  const ruleset = ['--ruleset', here('spectral.json'), '--fail-severity', 'error']
  await npx([SPECTRAL], ['spectral', 'lint', DOCUMENT, ...ruleset])
}

/** openapi-python-client 0.29 writes code that fails at once for a body which is an object or, in another media type, an array. */
async function withoutBatches() {
  const document = JSON.parse(await readFile(DOCUMENT, 'utf8'))
  for (const path of ['/v1/events', '/v1/events/batch'])
    delete document.paths[path].post.requestBody.content['application/cloudevents-batch+json']
  return document
}

/** Each generates a client into the folder, checks its types where it has such, and talks to the herald that `env` names. */
export const CLIENTS = {
  async typescript(folder, env) {
    const types = ['openapi-typescript', DOCUMENT, '--default-non-nullable=false']
    // where a default makes a field optional on input, WebhookInput and its like say so themselves
    await npx([OPENAPI_TYPESCRIPT, TYPESCRIPT], [...types, '--output', join(folder, 'schema.ts')])
    const file = join(folder, 'client.ts')
    await cp(here('client.ts.txt'), file)
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    const strict = '--noEmit --strict --module nodenext --target es2023 --types node'.split(' ')
    const typeRoots = ['--typeRoots', join(root, 'node_modules/@types'), '--ignoreConfig']
    const own = ['--allowImportingTsExtensions', '--skipLibCheck', ...typeRoots]
    await output('npx', ['tsc', ...strict, ...own, file], { cwd: root })
    await output(execPath, ['--import', 'tsx', file], { cwd: root, env })
  },
  async python(folder, env) {
    const venv = join(cacheFolder(), `openapi-python-client-${PYTHON_CLIENT}`)
    const program = join(venv, 'bin', 'openapi-python-client')
    if (!(await exists(program))) {
      await rm(venv, { recursive: true, force: true })
      await output('python3', ['-m', 'venv', venv])
      const wanted = `openapi-python-client==${PYTHON_CLIENT}`
      const only = ['--only-binary', ':all:', '--disable-pip-version-check']
      await output(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', '-q', ...only, wanted])
    }
    const document = join(folder, 'openapi.json')
    await writeFile(document, JSON.stringify(await withoutBatches()))
    const into = ['--output-path', join(folder, 'herald'), '--overwrite', '--meta', 'none']
    await output(program, ['generate', '--path', document, ...into])
    await cp(here('client.py'), join(folder, 'client.py'))
    await output(join(venv, 'bin', 'python'), [join(folder, 'client.py')], { env })
  },
  async go(folder, env) {
    const bin = join(cacheFolder(), `oapi-codegen-${OAPI_CODEGEN}`)
    const program = join(bin, 'oapi-codegen')
    const tool = `github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@${OAPI_CODEGEN}`
    if (!(await exists(program)))
      await output('go', ['install', tool], { env: { ...env, GOBIN: bin } })
    await mkdir(join(folder, 'herald'))
    const file = join(folder, 'herald', 'client.go')
    await output(program, [
      '-generate',
      'types,client,skip-prune',
      '-package',
      'herald',
      '-o',
      file,
      DOCUMENT,
    ])
    await cp(here('client.go'), join(folder, 'main.go'))
    await output('go', ['mod', 'init', 'clients'], { cwd: folder })
    await output('go', ['mod', 'tidy'], { cwd: folder })
    await output('go', ['run', '.'], { cwd: folder, env })
  } /** Not a client of the API, but of what it says to Prometheus. */,
  async promlint(folder, env) {
    const exposition = await (await fetch(env.METRICS_URL)).text()
    await writeFile(join(folder, 'metrics.txt'), exposition)
    await cp(here('promlint.go'), join(folder, 'main.go'))
    await output('go', ['mod', 'init', 'promlint'], { cwd: folder })
    await output('go', ['get', CLIENT_GOLANG], { cwd: folder })
    await output('go', ['mod', 'tidy'], { cwd: folder })
    await output('sh', ['-c', 'go run . < metrics.txt'], { cwd: folder })
  },
}

import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { configSchema } from '../../src/config.ts'

const TEMPORAL_SERVER = '1.32.0'
const TEMPORAL_UI = '2.54.1'
const API_PORT = '8080'
const UI_PORT = '8233'

const serviceSchema = z.object({
  image: z.string(),
  command: z.array(z.string()).optional(),
  restart: z.string(),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z
    .union([
      z.object({ test: z.array(z.string()), interval: z.string(), timeout: z.string() }),
      z.object({ disable: z.literal(true) }),
    ])
    .optional(),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  volumes: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
})
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.object({ internal: z.boolean() }).nullable()),
  volumes: z.record(z.string(), z.null()),
})

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
const composeText = await read('docker-compose.temporal.yml')
const dockerfile = await read('Dockerfile')
const compose = composeSchema.parse(parse(composeText, { merge: true }))

function service(name: string): z.infer<typeof serviceSchema> {
  const found = compose.services[name]
  if (!found) throw new Error(`docker-compose.temporal.yml has no service ${name}`)
  return found
}

/** The value of `ENV NAME=…` in the Dockerfile. */
const imageEnvironment = Object.fromEntries(
  [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map(
    ([, name = '', value = '']) => [name, value],
  ),
)

describe('docker-compose.temporal.yml', () => {
  it('pins the versions of every server', () => {
    expect(
      Object.fromEntries(
        Object.entries(compose.services).map(([name, { image }]) => [
          name,
          image.replace(/@sha256:[0-9a-f]{64}$/, ''),
        ]),
      ),
    ).toEqual({
      mongo: 'mongo:8.3.11',
      postgres: 'postgres:16.14',
      'temporal-schema': `temporalio/admin-tools:${TEMPORAL_SERVER}`,
      temporal: `temporalio/server:${TEMPORAL_SERVER}`,
      'temporal-namespace': `temporalio/admin-tools:${TEMPORAL_SERVER}`,
      'temporal-ui': `temporalio/ui:${TEMPORAL_UI}`,
      'herald-setup': expect.stringMatching(/^herald:/),
      herald: expect.stringMatching(/^herald:/),
      'herald-worker': expect.stringMatching(/^herald:/),
    })
  })

  it('names the image of herald by the version of the package', async () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(await read('package.json')))
    expect(service('herald').image).toBe(`herald:\${HERALD_VERSION:-${version}}`)
  })

  it('publishes the API and Temporal Web, and no database', () => {
    const published = Object.entries(compose.services).flatMap(([name, { ports }]) =>
      ports.map((port) => `${name} ${port}`),
    )
    expect(published).toEqual([
      `temporal-ui 127.0.0.1:\${TEMPORAL_UI_PORT:-${UI_PORT}}:8080`,
      `herald \${BIND_ADDRESS:-127.0.0.1}:\${PORT:-${API_PORT}}:${API_PORT}`,
    ])
    expect(service('herald').environment['TEMPORAL_UI_URL']).toContain(`:${UI_PORT}`)
    expect(service('temporal').environment['DB_PORT']).toBe('5432')
  })

  it.each(['herald-setup', 'herald', 'herald-worker'])(
    'gives %s only environment keys that herald knows',
    (name) => {
      const known = Object.keys(configSchema.shape)
      expect(known).toEqual(expect.arrayContaining(Object.keys(service(name).environment)))
    },
  )

  it('passes every environment key of herald on', () => {
    const passed = Object.keys(service('herald-setup').environment)
    expect(passed.toSorted()).toEqual(Object.keys(configSchema.shape).toSorted())
  })

  it.each(['herald-setup', 'herald', 'herald-worker'])('gives %s a valid configuration', (name) => {
    const fixed = Object.entries(service(name).environment).flatMap(([key, value]) => {
      if (value === null || value.includes(':?')) return []
      return [[key, value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')]]
    })
    expect(configSchema.safeParse(Object.fromEntries(fixed)).error).toBeUndefined()
  })

  it('gives the admin key to the set-up alone, and refuses to start without the secrets', () => {
    expect(service('herald-setup').environment['ADMIN_API_KEY']).toMatch(/^\$\{ADMIN_API_KEY:\?/)
    expect(service('herald').environment).not.toHaveProperty('ADMIN_API_KEY')
    expect(service('herald-worker').environment).not.toHaveProperty('ADMIN_API_KEY')
    expect(service('postgres').environment['POSTGRES_PASSWORD']).toMatch(
      /^\$\{POSTGRES_PASSWORD:\?/,
    )
  })

  it('runs herald as API with worker, and as one more worker', () => {
    expect(service('herald-setup').command).toEqual(['setup'])
    expect(service('herald').command).toEqual(['serve', 'all'])
    expect(service('herald-worker').command).toEqual(['serve', 'worker'])
    for (const name of ['herald-setup', 'herald', 'herald-worker'])
      expect(service(name).read_only).toBe(true)
  })

  it.each([
    ['temporal-schema', 'postgres', 'service_healthy'],
    ['temporal', 'temporal-schema', 'service_completed_successfully'],
    ['temporal-namespace', 'temporal', 'service_healthy'],
    ['temporal-ui', 'temporal', 'service_healthy'],
    ['herald-setup', 'mongo', 'service_healthy'],
    ['herald-setup', 'temporal-namespace', 'service_completed_successfully'],
    ['herald', 'herald-setup', 'service_completed_successfully'],
    ['herald', 'mongo', 'service_healthy'],
    ['herald', 'temporal', 'service_healthy'],
    ['herald-worker', 'herald-setup', 'service_completed_successfully'],
  ])('starts %s after %s (%s)', (name, needed, condition) => {
    expect(service(name).depends_on[needed]?.condition).toBe(condition)
  })

  it('waits for healthy only where there is a health check', () => {
    for (const { depends_on: needs } of Object.values(compose.services))
      for (const [name, { condition }] of Object.entries(needs))
        if (condition === 'service_healthy')
          expect(service(name).healthcheck, name).toHaveProperty('test')
  })

  it('asks the API whether it lives', () => {
    expect(service('herald').healthcheck).toMatchObject({
      test: expect.arrayContaining([expect.stringContaining(`127.0.0.1:${API_PORT}/livez`)]),
    })
  })

  it('makes the replica set that the connection string names', () => {
    const uri = new URL(service('herald').environment['MONGODB_URI'] ?? '')
    const name = uri.searchParams.get('replicaSet')
    expect(service('mongo').command).toEqual(expect.arrayContaining(['--replSet', name]))
    expect(JSON.stringify(service('mongo').healthcheck)).toContain(`_id: '${name}'`)
    expect(JSON.stringify(service('mongo').healthcheck)).toContain(`host: '${uri.host}'`)
  })

  it('restarts what runs, and declares every volume and network', () => {
    for (const [name, { restart, volumes, networks }] of Object.entries(compose.services)) {
      const once = /-(setup|schema|namespace)$/.test(name)
      expect(restart, name).toBe(once ? 'on-failure:10' : 'unless-stopped')
      for (const volume of volumes)
        expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '')
      for (const network of networks) expect(compose.networks).toHaveProperty(network)
    }
  })

  it('keeps the databases and Temporal off the internet', () => {
    expect(compose.networks['data']?.internal).toBe(true)
    for (const name of ['mongo', 'postgres', 'temporal', 'herald-setup'])
      expect(service(name).networks).toEqual(['data'])
  })
})

describe('the Dockerfile', () => {
  it('uses one Node 24, which gets fixes for longest, in every stage', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
    expect(bases).toHaveLength(2)
    expect(new Set(bases).size).toBe(1)
    expect(bases[0]).toMatch(/^node:24\.\d+\.\d+-bookworm-slim@sha256:/)
  })

  it('runs herald without root, on the port that compose publishes', () => {
    expect(dockerfile).toMatch(/^USER node$/m)
    expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${API_PORT}$`, 'm'))
    expect(dockerfile).toMatch(/^ENTRYPOINT \["node", "dist\/cli\.js"\]$/m)
    expect(dockerfile).toMatch(/^CMD \["serve", "all"\]$/m)
    expect(imageEnvironment['PORT']).toBe(API_PORT)
    expect(imageEnvironment['WORKFLOW_BUNDLE']).toBe(
      service('herald').environment['WORKFLOW_BUNDLE'],
    )
  })

  it('asks /livez for its health', () => {
    expect(dockerfile).toMatch(/^HEALTHCHECK [^]*?\/livez/m)
  })

  it('copies only what .dockerignore lets in', async () => {
    const entered = (await read('.dockerignore'))
      .split('\n')
      .flatMap((line) => line.match(/^!(.*)/)?.[1] ?? [])
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
      ([, sources = '']) => sources.split(' '),
    )
    const isPartOfAnother = (path: string) => copied.some((one) => path.startsWith(`${one}/`))
    const whole = copied.filter((path) => !isPartOfAnother(path))
    expect(whole.toSorted()).toEqual(entered.toSorted())
  })
})

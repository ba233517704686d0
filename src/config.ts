import { z } from 'zod'

const flag = (value: 'true' | 'false') =>
  z
    .enum(['true', 'false'])
    .default(value)
    .transform((text) => text === 'true')
const integer = (min: number, max: number, value: number) =>
  z.coerce.number().int().min(min).max(max).default(value)
const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )

/** `host:port`, comma separated. */
const addresses = list.refine(
  (all) => all.every((one) => /^([\w.-]+|\[[\da-fA-F:.]+\]):[1-9]\d{0,4}$/.test(one)),
  'must be host:port, comma separated, such as 127.0.0.1:7243,[::1]:7243',
)

/** What a browser sends as Origin, comma separated. */
const origins = list.refine(
  (all) => all.every((one) => URL.canParse(one) && new URL(one).origin === one),
  'must be origins, comma separated, such as https://app.example.com,http://localhost:3000',
)

const MASTER_KEY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/

/** `id:base64 of 32 bytes`, comma separated; what is wrong is said by position, since the text is secret. */
const masterKeys = z
  .string()
  .optional()
  .transform((text = '', context) => {
    const entries = text.split(',').map((entry) => entry.trim())
    const keys = entries.filter(Boolean).flatMap((entry, index) => {
      const [, id, base64] = MASTER_KEY.exec(entry) ?? []
      if (id !== undefined && base64 !== undefined)
        return [{ id, key: new Uint8Array(Buffer.from(base64, 'base64')) }]
      const message = `entry ${index + 1} must be <id>:<base64 of 32 bytes>; make one with \`herald master-key generate\``
      context.addIssue({ code: 'custom', message })
      return []
    })
    if (new Set(keys.map(({ id }) => id)).size < keys.length)
      context.addIssue({ code: 'custom', message: 'two entries have the same id' })
    return keys
  })

/** Every environment key herald reads: type, default and meaning. `.env.example` and the README's table are made from it. */
export const configSchema = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address that the API listens on.'),
  PORT: integer(0, 65_535, 8080).describe('Port of the API; 0 takes any free one.'),
  PUBLIC_URL: z
    .url()
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('The API as callers reach it; links are made from it.'),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb:// or mongodb+srv://')
    .default('mongodb://127.0.0.1:27018/herald?directConnection=true')
    .describe('MongoDB connection string with the database name.'),
  TEMPORAL_ADDRESS: z
    .string()
    .optional()
    .describe(
      'host:port of the Temporal front end, 127.0.0.1:7233 if nothing names one; the other TEMPORAL_* keys of its SDK and temporal.toml work too.',
    ),
  TEMPORAL_NAMESPACE: z
    .string()
    .optional()
    .describe('Temporal namespace, "default" if nothing names one.'),
  TEMPORAL_UI_URL: z.url().optional().describe('Temporal Web, for the links in the API.'),
  TASK_QUEUE: z
    .string()
    .min(1)
    .default('herald')
    .describe('Temporal task queue of this installation.'),
  WORKFLOW_BUNDLE: z
    .string()
    .optional()
    .describe(
      'Prebuilt workflow bundle; without it the worker takes that of the build, or bundles the sources at start.',
    ),
  ADMIN_API_KEY: z
    .string()
    .regex(
      /^hk_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/,
      'must look like hk_<12 characters>_<43 characters>',
    )
    .optional()
    .describe(
      'The first admin key; the setup stores its hash. Make one with `herald api-key generate`. While there is none, the setup prints a token that makes one.',
    ),
  GROUP_MAX: integer(1, 500, 500).describe(
    'Most events that share a workflow under load; 1 gives each event its own.',
  ),
  INGEST_MAX_BYTES: integer(1_024, 1_048_576, 262_144).describe('Largest event body in bytes.'),
  INGEST_MAX_WAITING: integer(1, 100_000, 2_000).describe(
    'Accepted events whose first attempt is outstanding, per process, before requests wait at the door.',
  ),
  BACKLOG_MAX: integer(1, 10_000_000, 100_000).describe(
    'Open deliveries that a webhook may be owed; beyond it new ones are recorded as skipped, to be replayed.',
  ),
  RETENTION_DAYS: integer(0, 3_650, 30).describe(
    'Days that events, deliveries and attempts are kept once nothing of the event is owed; 0 keeps them for ever.',
  ),
  AUDIT_RETENTION_DAYS: integer(0, 3_650, 365).describe(
    'Days that entries of the audit are kept, however long events are; 0 keeps them for ever.',
  ),
  TEMPORAL_RETENTION_DAYS: integer(0, 3_650, 7).describe(
    'Days that Temporal keeps ended workflows, at most RETENTION_DAYS; the set-up lengthens the namespace to it, and never shortens it. 0 leaves the namespace alone.',
  ),
  INGEST_RATE: integer(1, 1_000_000, 10_000).describe(
    'Events per second that each API key may send to a process; more are 429.',
  ),
  INGEST_BURST: integer(1, 1_000_000, 20_000).describe(
    'Events that each API key may send at once before INGEST_RATE holds.',
  ),
  INGEST_MAX_IN_FLIGHT: integer(1, 100_000, 2_000).describe(
    'Ingest requests that are open at once, per process, before ingest answers 503.',
  ),
  REQUEST_TIMEOUT_SECONDS: integer(1, 300, 30).describe(
    'How long a request may take to arrive; a slower one is 408. Headers: 10 s at most.',
  ),
  MAX_CONNECTIONS: integer(1, 1_000_000, 10_000).describe(
    'Connections that the API holds at once; further ones are closed.',
  ),
  TRUSTED_PROXIES: list.describe(
    'Networks of proxies before the API, e.g. 10.0.0.0/8: the client address that they put into X-Forwarded-For counts in limits. Empty: the address of the connection.',
  ),
  CORS_ORIGINS: origins.describe(
    'Origins of web pages that may call the API from a browser, e.g. https://app.example.com. Empty: none.',
  ),
  METRICS_PORT: integer(0, 65_535, 9_464).describe(
    'Port of /metrics (Prometheus) on HOST; 0 serves none.',
  ),
  OUTBOUND_ALLOW_CIDRS: list.describe(
    'Private networks that webhooks may reach, e.g. 10.0.0.0/8,127.0.0.1/32:9000; ports of databases and the like only where they are named. Empty: public addresses only.',
  ),
  OUTBOUND_DENY_CIDRS: list.describe('Public networks that webhooks may not reach.'),
  OUTBOUND_DENY_ADDRESSES: addresses.describe(
    'Further servers, host:port, that webhooks may not reach by any name, whatever is allowed. MongoDB, Temporal, metrics and the API are always denied.',
  ),
  OUTBOUND_ALLOW_HOSTS: list.describe(
    'Host names, or host:port, that may resolve to any address, e.g. a service of the same cluster.',
  ),
  OUTBOUND_ORIGIN_CONCURRENCY: integer(1, 1_000, 64).describe(
    'Most requests to one origin that are open at once, per process, whatever its webhooks allow; fewer while it times out.',
  ),
  OUTBOUND_TENANT_CONCURRENCY: integer(1, 10_000, 500).describe(
    'Most requests of one tenant that are open at once, per process.',
  ),
  EGRESS_PROXY_URL: z
    .string()
    .regex(/^http:\/\/[^\s/]+\/?$/, 'must look like http://host:port')
    .refine((text) => URL.canParse(text), 'must look like http://host:port')
    .optional()
    .describe(
      'HTTP CONNECT proxy, e.g. smokescreen, that every request to a receiver goes through; HTTPS_PROXY and the like are ignored.',
    ),
  ALLOW_HTTP: flag('false').describe('Allows http:// targets beside https://.'),
  SLACK_ALLOW_HOSTS: list.describe('Hosts of Slack-compatible servers beside hooks.slack.com.'),
  MASTER_KEYS: masterKeys.describe(
    'Keys that encrypt secrets at rest, <id>:<base64 of 32 bytes>, comma separated: the first encrypts, all decrypt. See docs/secrets.md.',
  ),
  TEMPORAL_ENCRYPT: flag('true').describe(
    'Encrypts what Temporal stores, where MASTER_KEYS is set; false still decrypts.',
  ),
  CODEC_SERVER: flag('false').describe(
    'Serves /codec/encode and /codec/decode, so that an admin can read encrypted payloads.',
  ),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe level that is logged.'),
})

/** With it Node takes any certificate, of receivers, MongoDB and Temporal alike. */
const UNVERIFIED_TLS =
  '  NODE_TLS_REJECT_UNAUTHORIZED: must not be 0; name your authority with NODE_EXTRA_CA_CERTS'

export type Config = Readonly<z.output<typeof configSchema>>

/** Reads the environment once. Throws one Error that names every wrong key and what it must be. */
export function loadConfig(env: Record<string, string | undefined> = process.env): Config {
  const known = Object.fromEntries(
    Object.keys(configSchema.shape).flatMap((key) => (env[key] ? [[key, env[key]]] : [])),
  )
  const parsed = configSchema.safeParse(known)
  const unsafe = env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0' ? [UNVERIFIED_TLS] : []
  if (parsed.success && unsafe.length === 0) return Object.freeze(parsed.data)
  const lines = [...unsafe, ...(parsed.error?.issues ?? []).map((issue) => inWords(issue, env))]
  throw new Error(
    `The configuration is wrong:\n${lines.join('\n')}\nSee .env.example for every key.`,
  )
}

const OR = new Intl.ListFormat('en-GB', { type: 'disjunction' })

/** What one key must be; a text of it is quoted only where it can be no secret. */
function inWords(
  { path, message, code }: z.core.$ZodIssue,
  env: Record<string, string | undefined>,
): string {
  const key = String(path[0])
  const shape = configSchema.shape as Record<string, z.ZodType>
  const { minimum, maximum, enum: choices } = z.toJSONSchema(shape[key] ?? z.any(), { io: 'input' })
  const given = `, not “${env[key]}”`
  if (maximum !== undefined)
    return `  ${key}: must be a whole number from ${minimum} to ${maximum}${given}`
  if (choices) return `  ${key}: must be ${OR.format(choices.map(String))}${given}`
  const isUrl = code === 'invalid_format' && message === 'Invalid URL'
  return `  ${key}: ${isUrl ? 'must be a URL such as https://herald.example.com' : message}`
}

/** What the start-up line prints: the effective values, secrets only as `configured`. */
export function configSummary(config: Config): Record<string, unknown> {
  return {
    ...config,
    ADMIN_API_KEY: config.ADMIN_API_KEY ? 'configured' : undefined,
    MASTER_KEYS: config.MASTER_KEYS.map(({ id }) => id),
    MONGODB_URI: withoutCredentials(config.MONGODB_URI),
    EGRESS_PROXY_URL: config.EGRESS_PROXY_URL?.replace(/\/\/[^/]*@/, '//…@'),
  }
}

/** Scheme, hosts and database; user and options, which may hold a password too, are cut, and a malformed URI whole. */
function withoutCredentials(uri: string): string {
  const parts = /^(mongodb(?:\+srv)?:\/\/)(?:[^@/?]*@)?([\w.:,[\]-]+)(\/[\w-]*)?(?:\?.*)?$/.exec(
    uri,
  )
  return parts ? parts.slice(1).join('') : 'configured'
}

/** A copy of the whole environment, for the child processes of `npm start`; herald itself reads loadConfig. */
export function processEnvironment(): Record<string, string | undefined> {
  return { ...process.env }
}

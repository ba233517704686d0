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

/** Every environment key herald reads: type, default and meaning. `.env.example` and the README's table are made from it. */
export const configSchema = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address that the API listens on.'),
  PORT: integer(0, 65_535, 8080).describe('Port of the API; 0 takes any free one.'),
  PUBLIC_URL: z.url().optional().describe('The API as callers reach it; links are made from it.'),
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
    .describe('Prebuilt workflow bundle; without it the worker bundles the sources at start.'),
  ADMIN_API_KEY: z
    .string()
    .regex(
      /^hk_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/,
      'must look like hk_<12 characters>_<43 characters>',
    )
    .optional()
    .describe(
      'The first admin key; the setup stores its hash. Make one with `herald key generate`.',
    ),
  GROUP_MAX: integer(1, 500, 500).describe(
    'Most events that share a workflow under load; 1 gives each event its own.',
  ),
  INGEST_MAX_BYTES: integer(1_024, 1_048_576, 262_144).describe('Largest event body in bytes.'),
  INGEST_MAX_WAITING: integer(1, 100_000, 2_000).describe(
    'Accepted events whose first attempt is outstanding, per process, before ingest answers 503.',
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
  METRICS_PORT: integer(0, 65_535, 9_464).describe(
    'Port of /metrics (Prometheus) on HOST; 0 serves none.',
  ),
  OUTBOUND_ALLOW_CIDRS: list.describe(
    'Private networks that webhooks may reach, e.g. 10.0.0.0/8,127.0.0.1/32:9000. Empty: public addresses only.',
  ),
  OUTBOUND_DENY_CIDRS: list.describe('Public networks that webhooks may not reach.'),
  OUTBOUND_ALLOW_HOSTS: list.describe(
    'Host names that may resolve to any address, e.g. a service of the same cluster.',
  ),
  ALLOW_HTTP: flag('false').describe('Allows http:// targets beside https://.'),
  SLACK_ALLOW_HOSTS: list.describe('Hosts of Slack-compatible servers beside hooks.slack.com.'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe level that is logged.'),
})

export type Config = Readonly<z.output<typeof configSchema>>

/** Reads the environment once. Throws one Error that names every wrong key and what it must be. */
export function loadConfig(env: Record<string, string | undefined> = process.env): Config {
  const known = Object.fromEntries(
    Object.keys(configSchema.shape).flatMap((key) =>
      env[key] === undefined ? [] : [[key, env[key]]],
    ),
  )
  const parsed = configSchema.safeParse(known)
  if (parsed.success) return Object.freeze(parsed.data)
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new Error(
    `The configuration is wrong:\n${lines.join('\n')}\nSee .env.example for every key.`,
  )
}

/** What the start-up line prints: the effective values, secrets only as `configured`. */
export function configSummary(config: Config): Record<string, unknown> {
  return {
    ...config,
    ADMIN_API_KEY: config.ADMIN_API_KEY ? 'configured' : undefined,
    MONGODB_URI: config.MONGODB_URI.replace(/\/\/[^@/]*@/, '//…@'),
  }
}

/** A copy of the whole environment, for the child processes of `npm start`; herald itself reads loadConfig. */
export function processEnvironment(): Record<string, string | undefined> {
  return { ...process.env }
}

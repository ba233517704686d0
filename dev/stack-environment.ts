import { OWNER_KEY } from './servers/process-identity.ts'

export type Environment = Record<string, string | undefined>

export type Wiring = {
  dataDir: string
  port: number
  metricsPort: number
  apiKey: string
  masterKeys: string
  mongo: string
  temporal: {
    address: string
    namespace: string
    ui?: string | undefined
    /** host:port of what else it listens on. */
    listeners: string[]
  }
  workflowBundle: string | undefined
}

/** What every child gets: the user's environment and whose it is. */
export function ownedEnvironment(env: Environment, dataDir: string): Environment {
  return { ...env, [OWNER_KEY]: dataDir }
}

/**
 * The herald process's environment. What the user set stays, an empty value too; loopback targets over
 * http are allowed only where nobody decided. The servers that were started here are never targets.
 */
export function heraldEnvironment(env: Environment, wiring: Wiring): Environment {
  const { temporal, workflowBundle } = wiring
  return {
    HOST: '127.0.0.1',
    OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
    ALLOW_HTTP: 'true',
    MASTER_KEYS: wiring.masterKeys,
    METRICS_PORT: String(wiring.metricsPort),
    TEMPORAL_ENCRYPT: 'false', // so that Temporal Web shows what happens
    ...(temporal.ui ? { TEMPORAL_UI_URL: temporal.ui } : {}),
    ...(workflowBundle ? { WORKFLOW_BUNDLE: workflowBundle } : {}),
    ...ownedEnvironment(env, wiring.dataDir),
    PORT: String(wiring.port),
    MONGODB_URI: wiring.mongo,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    ADMIN_API_KEY: wiring.apiKey,
    OUTBOUND_DENY_ADDRESSES: [env['OUTBOUND_DENY_ADDRESSES'], ...temporal.listeners]
      .filter(Boolean)
      .join(','),
  }
}

/** The API as this machine reaches it, for the address it listens on. */
export function apiUrl(host: string | undefined, port: number): string {
  const isAny = !host || ['0.0.0.0', '::', 'localhost', '127.0.0.1'].includes(host)
  if (isAny) return `http://127.0.0.1:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Where the metrics are; undefined where the user wants none. */
export function metricsUrl(env: Environment, port: number): string | undefined {
  const wanted = Number(env['METRICS_PORT'] ?? port)
  return wanted === 0 ? undefined : `${apiUrl(env['HOST'], wanted)}/metrics`
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, isGrpcServiceError } from '@temporalio/client'
import { output } from '../../../scripts/servers.mjs'
import { startChild } from '../../../dev/servers/child.ts'
import { untilUp } from '../../../dev/servers/wait.ts'
import { killable, type OwnServer } from '../servers/killable.ts'
import type { TemporalPrograms } from './programs.ts'

const SHARDS = 16
const RETENTION_SECONDS = 86_400
/** gRPC status code. */
const ALREADY_EXISTS = 6
/** Off or different in some of the releases that people run; all else stays as it comes. */
const DYNAMIC_CONFIG = ['system.enableActivityEagerExecution', 'system.enableEagerWorkflowStart']
const DATABASES = { temporal: 'temporal', temporal_visibility: 'visibility' }
/** Every port that the server's four services listen on. */
export const PORT_KEYS = [
  'FRONTEND_GRPC_PORT',
  'FRONTEND_HTTP_PORT',
  'FRONTEND_MEMBERSHIP_PORT',
  'HISTORY_GRPC_PORT',
  'HISTORY_MEMBERSHIP_PORT',
  'MATCHING_GRPC_PORT',
  'MATCHING_MEMBERSHIP_PORT',
  'WORKER_GRPC_PORT',
  'WORKER_MEMBERSHIP_PORT',
] as const

export type ServerPlan = {
  programs: TemporalPrograms
  dataDir: string
  postgresPort: number
  namespace: string
  ports: Record<(typeof PORT_KEYS)[number], number>
}

/** Makes the schemas in an empty PostgreSQL, with the tool and in the order that Temporal's documentation names. */
export async function makeSchemas({ programs, postgresPort }: ServerPlan): Promise<void> {
  const at = ['--ep', '127.0.0.1', '-p', String(postgresPort), '-u', 'postgres', '--pw', 'unused']
  for (const [database, schema] of Object.entries(DATABASES)) {
    const sql = (...args: string[]) =>
      output(programs.sql, ['--pl', 'postgres12', ...at, '--db', database, ...args])
    await sql('create')
    await sql('setup-schema', '-v', '0.0')
    await sql('update-schema', '--schema-name', `postgresql/v12/${schema}`)
  }
}

/** Temporal's server on PostgreSQL, not started: 16 shards, no authorization, on loopback. */
export function ownTemporalServer(plan: ServerPlan): OwnServer & { address: string } {
  const address = `127.0.0.1:${plan.ports.FRONTEND_GRPC_PORT}`
  const logFile = join(plan.dataDir, 'temporal-server.log')
  const server = killable(async (started) => {
    const config = join(plan.dataDir, 'dynamic-config.yaml')
    await writeFile(config, DYNAMIC_CONFIG.map((key) => `${key}: [{ value: true }]\n`).join(''))
    const args = ['--allow-no-auth', 'start']
    const { server: program } = plan.programs
    const child = await startChild({ program, args, env: environment(plan, config), logFile })
    started(child)
    const answers = () => hasNamespace(address, plan.namespace)
    await untilUp("Temporal's server", { child, logFile, answers })
  })
  return { ...server, address }
}

/** The server's own template of a configuration reads these. */
function environment({ ports, postgresPort }: ServerPlan, dynamicConfig: string) {
  const numbers = Object.entries(ports).map(([key, port]) => [key, String(port)])
  return {
    PATH: process.env['PATH'],
    ...Object.fromEntries(numbers),
    DB: 'postgres12',
    DBNAME: 'temporal',
    VISIBILITY_DBNAME: 'temporal_visibility',
    POSTGRES_SEEDS: '127.0.0.1',
    DB_PORT: String(postgresPort),
    POSTGRES_USER: 'postgres',
    POSTGRES_PWD: 'unused',
    NUM_HISTORY_SHARDS: String(SHARDS),
    BIND_ON_IP: '127.0.0.1',
    DYNAMIC_CONFIG_FILE_PATH: dynamicConfig,
    LOG_LEVEL: 'error',
  }
}

/** Whether the namespace is there and known to every service; made where it is not. */
async function hasNamespace(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: '2s' })
  const { workflowService } = connection
  try {
    await workflowService
      .registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: { seconds: RETENTION_SECONDS as never },
      })
      .catch((error: unknown) => {
        const code: number = isGrpcServiceError(error) ? error.code : 0
        if (code !== ALREADY_EXISTS) throw error
      })
    await workflowService.countWorkflowExecutions({ namespace })
    return true
  } catch (error) {
    await sleep(200)
    throw error
  } finally {
    await connection.close()
  }
}

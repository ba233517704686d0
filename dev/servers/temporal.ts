import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SEARCH_ATTRIBUTE_TYPES } from '../../src/delivery/search-attributes.ts'
import { type Child, startChild } from './child.ts'
import { untilUp } from './wait.ts'

/** Limits of the development server that one busy installation reaches. */
const DYNAMIC_CONFIG = {
  'system.enableActivityEagerExecution': 'true',
  'system.enableEagerWorkflowStart': 'true',
  'frontend.rps': '50000',
  'frontend.namespaceRPS': '50000',
  'history.rps': '50000',
  'matching.rps': '50000',
  'matching.persistenceMaxQPS': '50000',
  'admin.matchingNamespaceTaskqueueToPartitionDispatchRate': '100000',
  'admin.matchingNamespaceToPartitionDispatchRate': '100000',
  'matching.numTaskqueueReadPartitions': '1',
  'matching.numTaskqueueWritePartitions': '1',
  'history.transferProcessorMaxPollRPS': '200',
  'history.timerProcessorMaxPollRPS': '200',
  // workflows that it keeps in memory for an hour after their last use: docs/decisions/0009
  'history.hostLevelCacheMaxSize': '1000',
}

/** A start that was answered is there after a power cut (docs/decisions/0010). */
const SQLITE = { journal_mode: 'WAL', synchronous: 'FULL' }

/**
 * Its garbage collector takes most of both cores for a fifth of a second each time, and deliveries wait for it
 * (docs/decisions/0009). Go's own variables, so the environment may say otherwise.
 */
const MEMORY = { GOGC: '500', GOMEMLIMIT: '640MiB' }

export type TemporalPlan = {
  cli: string
  /** Keeps temporal.db and temporal.log. */
  dataDir: string
  port: number
  /** Without a port there is no Temporal Web. */
  uiPort?: number
  /** Of its HTTP API and its metrics; it takes any that are free otherwise, and nobody knows then what to deny webhooks. */
  httpPort?: number
  metricsPort?: number
  namespace: string
  env: Record<string, string | undefined>
}

/** Starts the development server on loopback; resolves when namespace and search attributes are there. */
export async function startTemporal(plan: TemporalPlan, started: (child: Child) => void) {
  const logFile = join(plan.dataDir, 'temporal.log')
  const child = await startChild({
    program: plan.cli,
    args: temporalArgs(plan),
    env: { ...MEMORY, ...plan.env },
    logFile,
  })
  started(child)
  const address = `127.0.0.1:${plan.port}`
  await untilUp('Temporal', { child, logFile, answers: () => isReady(address, plan.namespace) })
  return { child, address }
}

function temporalArgs({ dataDir, port, namespace, ...plan }: TemporalPlan): string[] {
  const each = (flag: string, values: Record<string, string>) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])
  const at = (flag: string, value: number | undefined) =>
    value === undefined ? [] : [flag, String(value)]
  const web = plan.uiPort === undefined ? ['--headless'] : at('--ui-port', plan.uiPort)
  const file = join(dataDir, 'temporal.db')
  const start = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), ...web]
  return start.concat(
    at('--http-port', plan.httpPort),
    at('--metrics-port', plan.metricsPort),
    ['--namespace', namespace, '--log-level', 'warn', '--db-filename', file],
    each('--sqlite-pragma', SQLITE),
    each('--search-attribute', SEARCH_ATTRIBUTE_TYPES),
    each('--dynamic-config-value', DYNAMIC_CONFIG),
  )
}

/** The server says that it is up before it can be used, so its answer is what counts. */
async function isReady(address: string, namespace: string): Promise<boolean> {
  const { Connection } = await import('@temporalio/client')
  const connection = await Connection.connect({ address, connectTimeout: '2s' })
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace,
    })
    return Object.keys(SEARCH_ATTRIBUTE_TYPES).every((name) => customAttributes?.[name])
  } catch (error) {
    await sleep(50)
    throw error
  } finally {
    await connection.close()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { Argument, Command, CommanderError } from 'commander'
import { configSummary, loadConfig } from './config.ts'
import { newApiKey, newMasterKey } from './ids.ts'
import { createLogger } from './logger.ts'
import { startMetricsServer } from './process/metrics-server.ts'
import { closeRuntime, type HeraldRuntime, openRuntime, packageVersion } from './process/runtime.ts'
import { startServer } from './process/server.ts'
import { rotateMaster } from './process/rotate-master.ts'
import { setUp } from './process/setup.ts'
import { watchEventLoop } from './process/watchdog.ts'
import { startWorker } from './process/worker.ts'
import { installTemporalRuntime } from './temporal/log.ts'

type Role = 'all' | 'api' | 'worker'
const SETUP_PAUSE_MS = 5_000
const USAGE = 2
const ROLES = 'api: takes events and serves admins; worker: delivers; all: both, and the setup'

/** Runs API, worker or both until SIGINT or SIGTERM, then drains: no open POST is cut, no event is lost. */
async function serve(role: Role): Promise<void> {
  const config = loadConfig()
  const logger = createLogger(config.LOG_LEVEL)
  const stop = signalled()
  installTemporalRuntime(logger)
  logger.info({ role, config: configSummary(config) }, 'herald.starting')
  if (config.MASTER_KEYS.length === 0)
    logger.warn(
      'MASTER_KEYS is not set: secrets are stored in plain. `herald master-key generate` makes a key.',
    )
  const runtime = await unlessStopped(openRuntime(config, logger), stop)
  const isSetUp = role === 'all' ? settingUp(runtime) : () => true
  const worker = role === 'api' ? undefined : await startWorker(runtime)
  const server =
    role === 'worker'
      ? undefined
      : await startServer(runtime, () => isSetUp() && (worker?.ready() ?? true))
  const metrics = await startMetricsServer(runtime)
  const unwatch = watchEventLoop(runtime)
  logger.info({ role, port: server?.port, metricsPort: metrics.port }, 'herald.ready')
  const failed = worker?.ended.catch((error: unknown) => {
    logger.fatal({ err: error }, 'worker.failed')
    process.exitCode = 1
    return 'worker failed'
  })
  const reason = await Promise.race(failed ? [stop, failed] : [stop])
  logger.info({ reason }, 'herald.stopping')
  unwatch()
  await server?.stop()
  await worker?.stop()
  await metrics.stop()
  await closeRuntime(runtime)
  logger.info('herald.stopped')
}

/** Sets up beside what runs, again where that fails; the result says whether it is done. */
function settingUp(runtime: HeraldRuntime): () => boolean {
  const { logger, stopping } = runtime
  const { signal } = stopping
  let isDone = false
  const untilDone = async () => {
    while (!isDone && !signal.aborted) {
      try {
        await setUp(runtime)
        isDone = true
      } catch (error) {
        if (signal.aborted) return
        logger.error({ err: error }, 'setup.failed')
        await sleep(SETUP_PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined)
      }
    }
  }
  void untilDone()
  return () => isDone
}

/** Makes indexes, search attributes and the first admin key (ADMIN_API_KEY) or a first-run token, then ends. */
async function setup(): Promise<void> {
  const config = loadConfig()
  const logger = createLogger(config.LOG_LEVEL)
  const stop = signalled()
  installTemporalRuntime(logger)
  const runtime = await unlessStopped(openRuntime(config, logger), stop)
  await unlessStopped(setUp(runtime), stop)
  await closeRuntime(runtime)
  logger.info('setup.done')
}

/** Encrypts every stored secret with the first of MASTER_KEYS, beside running heralds, and prints what it did. */
async function rotate(): Promise<void> {
  const config = loadConfig()
  const logger = createLogger('silent')
  installTemporalRuntime(logger)
  const runtime = await openRuntime(config, logger)
  const lines = await rotateMaster(runtime)
  await closeRuntime(runtime)
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** What work gives. A signal that comes before ends the process at once: nothing has begun that would have to end in order. */
async function unlessStopped<T>(work: Promise<T>, stop: Promise<string>): Promise<T> {
  let isOver = false
  void stop.then(() => isOver || process.exit())
  return await work.finally(() => (isOver = true))
}

function signalled(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
  })
}

const program = new Command('herald')
  .description('Webhook delivery on a workflow engine.')
  .version(packageVersion())
  .exitOverride()
described(program, ['serve all', 'setup', 'api-key generate', 'help serve'])
described(
  program
    .command('serve')
    .description('run the API, the worker, or both in one process; .env.example has what it reads')
    .addArgument(new Argument('<role>', ROLES).choices(['all', 'api', 'worker']))
    .action((role: Role) => serve(role)),
  ['serve all', 'serve worker', 'serve api'],
)
described(
  program
    .command('setup')
    .description(
      'make indexes, search attributes and the first admin key (ADMIN_API_KEY), or show a token that makes one',
    )
    .action(setup),
  ['setup'],
)
const apiKey = program.command('api-key').description('API keys')
const masterKey = program
  .command('master-key')
  .description('master keys, which encrypt secrets at rest')
described(apiKey, ['api-key generate'])
described(masterKey, ['master-key generate', 'master-key rotate'])
printing(
  apiKey.command('generate'),
  'print a new random key for ADMIN_API_KEY',
  () => newApiKey().value,
)
printing(masterKey.command('generate'), 'print a new random entry for MASTER_KEYS', newMasterKey)
rotating(masterKey.command('rotate'))
// as they were called first
const key = program.command('key', { hidden: true })
const keys = program.command('keys', { hidden: true })
printing(key.command('generate'), 'see api-key generate', () => newApiKey().value)
printing(keys.command('generate-master'), 'see master-key generate', newMasterKey)
rotating(keys.command('rotate-master'))

function printing(command: Command, description: string, made: () => string): void {
  command.description(description).action(() => void process.stdout.write(`${made()}\n`))
  described(command, [pathOf(command)])
}

function rotating(command: Command): void {
  const description =
    'encrypt every stored secret with the first of MASTER_KEYS; safe beside running heralds'
  command.description(description).action(rotate)
  described(command, [pathOf(command)])
}

function pathOf(command: Command): string {
  return `${command.parent?.name() ?? ''} ${command.name()}`
}

/** Adds examples to the help of a command. */
function described(command: Command, examples: string[]): void {
  const lines = examples.map((example) => `  herald ${example}`)
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}

try {
  await program.parseAsync()
} catch (error) {
  // it has said so itself
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : USAGE)
  process.stderr.write(`herald: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1) // connections that were opened before the failure would keep the process alive
}

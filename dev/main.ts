import { setTimeout as sleep } from 'node:timers/promises'
import { processEnvironment } from '../src/config.ts'
import { createApiClient } from './demo/api-client.ts'
import { confirmReset } from './confirm-reset.ts'
import { emptyDataDir, openDataDir } from './servers/data-dir.ts'
import { type DemoDelivery, sendDemoEvent } from './demo/event.ts'
import { DEMO_PATH, ensureDemoWebhook } from './demo/webhook.ts'
import { explain, StartFailure } from './failure.ts'
import { type Options, parseOptions } from './options.ts'
import { takeRunLock } from './servers/run-lock.ts'
import { createScreen, type Screen } from './screen.ts'
import { showDelivery, showHit, showLinks, showNextSteps } from './show.ts'
import { createStack, type Running, type Stack } from './stack.ts'

/** How long after its servers are up a start has for the first delivery. */
const FIRST_DELIVERY_S = 60

/** Runs `npm start` until Ctrl-C, or with --once until the first delivery; resolves to the exit code. */
async function run(options: Options, screen: Screen): Promise<number> {
  const interrupt = listenForInterrupts()
  try {
    await openDataDir(options.dataDir)
    const lock = await takeRunLock(options.dataDir)
    try {
      if (options.reset && !(await resetIfWanted(options, interrupt.signal))) return 0
      const stack = createStack({
        dataDir: options.dataDir,
        port: options.port,
        env: processEnvironment(),
        screen,
        lock,
        received: (hit) => showHit(screen, hit),
      })
      return await runStack(stack, { options, screen, interrupt })
    } finally {
      await lock.release()
    }
  } catch (error) {
    if (interrupt.signal.aborted) return 0
    screen.fail(explain(error))
    return 1
  }
}

type Run = { options: Options; screen: Screen; interrupt: Interrupt }

async function runStack(stack: Stack, { options, screen, interrupt }: Run): Promise<number> {
  interrupt.onSecond(() => stack.kill())
  const work = async () => {
    const running = await stack.start()
    showLinks(screen, running)
    if (options.demo) await demonstrate(running, { options, screen })
    if (options.once) return
    showNextSteps(screen, running)
    await Promise.race([interrupt.first, running.failed])
  }
  try {
    await Promise.race([work(), interrupt.first])
    return interrupt.isHurried() ? 130 : 0
  } catch (error) {
    if (interrupt.signal.aborted) return 0
    screen.fail(explain(error))
    return 1
  } finally {
    if (!options.once) screen.line('\nStopping …')
    await stack.stop()
    if (!options.once) screen.done('Everything is stopped')
  }
}

/** Makes the demo webhook once and sends one event; without --once a failure is only told. */
async function demonstrate(
  running: Running,
  { options, screen }: { options: Options; screen: Screen },
): Promise<void> {
  try {
    showDelivery(screen, await firstDelivery(running, options.dataDir))
  } catch (error) {
    if (options.once) throw new StartFailure(`No verified delivery: ${explain(error)}`)
    screen.warn(`The demo delivery did not work: ${explain(error)}`)
  }
}

async function firstDelivery(running: Running, dataDir: string): Promise<DemoDelivery> {
  const { receiver, serversUpAtMs } = running
  const call = createApiClient(running.api, running.apiKey)
  const { webhook, secret } = await ensureDemoWebhook(call, { dataDir, port: receiver.port })
  receiver.useSecret(DEMO_PATH, secret)
  const seconds = FIRST_DELIVERY_S - (Date.now() - serversUpAtMs) / 1_000
  return sendDemoEvent(call, { receiver, webhook, seconds: Math.max(seconds, 1) })
}

async function resetIfWanted(options: Options, signal: AbortSignal): Promise<boolean> {
  const wanted = await confirmReset(options.dataDir, { yes: options.yes, signal })
  if (wanted) await emptyDataDir(options.dataDir)
  return wanted
}

type Interrupt = ReturnType<typeof listenForInterrupts>

/** Ctrl-C and its kin: the first ends the run in order, a second one in a hurry. */
function listenForInterrupts() {
  const first = new AbortController()
  let second = () => undefined as void
  let hurried = false
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (!first.signal.aborted) return first.abort()
      hurried = true
      second()
    })
  return {
    signal: first.signal,
    first: new Promise<void>((resolve) => first.signal.addEventListener('abort', () => resolve())),
    isHurried: () => hurried,
    onSecond(action: () => void) {
      second = action
    },
  }
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
const write = (text: string) => void process.stdout.write(text)
const parsed = parseOptions(process.argv.slice(2), write)
if ('exit' in parsed) process.exitCode = parsed.exit
else {
  const code = await run(parsed.run, createScreen(parsed.run.json, write))
  await Promise.race([
    new Promise<void>((done) => process.stdout.write('', () => done())),
    sleep(500, undefined, { ref: false }),
  ])
  process.exit(code)
}

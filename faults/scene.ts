import { randomInt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tryPort } from '../dev/servers/ports.ts'
import { seeded } from '../test/soak/random.ts'
import { startTcpProxy } from '../test/support/servers/tcp-proxy.ts'
import { historyText, Ledger, mergeHistories, type Operation, preciseNow } from './history.ts'
import { Producer } from './load/producer.ts'
import { Receivers } from './load/receivers.ts'
import { HOOKS } from './load/webhooks.ts'
import type { Row } from './plan.ts'
import type { Service, Target } from './service/service.ts'
import { linkTarget } from './service/targets.ts'

const LINK = 'link to receiver'

/** What stands around a service under test, and all that can be hurt. */
export type Scene = {
  ledger: Ledger
  receivers: Receivers
  producer: Producer
  targets: ReadonlyMap<string, Target>
  /** Ends it; resolves to the file of the history. */
  close: () => Promise<string>
}

/** Starts the receivers and sets the service up to deliver to them, through a link that can be broken if the row does that. */
export async function openScene(
  row: Row,
  service: Service,
  { seed, folder }: { seed: number; folder: string },
): Promise<Scene> {
  const originMs = preciseNow()
  const own = join(folder, 'producer.jsonl')
  const ledger = await Ledger.open(own, originMs)
  const port = await receiverPort()
  const receivers = new Receivers({ folder, port, originMs })
  await receivers.start()
  const direct = `127.0.0.1:${port}`
  const proxy = await startTcpProxy(direct)
  const isLinked = row.steps.some(({ on }) => on === LINK)
  const hooks = await service.setUp(HOOKS, `http://${isLinked ? proxy.address : direct}`)
  await receivers.take(hooks.map(({ name, failing, secret }) => ({ name, failing, secret })))
  const judged = hooks.map(({ name, types, attempts, delayMs, limit }) => {
    return { webhook: name, types, attempts, delayMs, ...limit }
  })
  await tell(ledger, 'webhook', judged)
  const producer = new Producer({ service, ledger, hooks, random: seeded(seed) })
  const around: [string, Target][] = [
    ['receiver', receivers.target],
    [LINK, linkTarget('receiver', proxy)],
    ['load', producer.target],
  ]
  return {
    ledger,
    receivers,
    producer,
    targets: new Map([...service.targets, ...around]),
    async close() {
      await receivers.stop()
      await proxy.close()
      await ledger.close()
      const texts = [await readFile(own, 'utf8'), ...(await receivers.logs())]
      const history = join(folder, 'history.jsonl')
      await writeFile(history, historyText(mergeHistories(texts)))
      return history
    },
  }
}

/** Writes down what the judge must know beside the load. */
export async function tell(
  ledger: Ledger,
  f: Operation['f'],
  values: readonly object[],
): Promise<void> {
  const lines = values.map((value) =>
    ledger.append({ process: 'nemesis', type: 'info', f, value: { ...value } }),
  )
  await Promise.all(lines)
}

async function receiverPort(): Promise<number> {
  for (;;) {
    const port = await tryPort(randomInt(20_000, 30_000))
    if (port !== undefined) return port
  }
}

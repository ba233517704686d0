import { setTimeout as sleep } from 'node:timers/promises'
import { type Ledger, nanoseconds, preciseNow } from './history.ts'
import type { Step } from './plan.ts'
import type { Target } from './service/service.ts'

type Injected = {
  targets: ReadonlyMap<string, Target>
  ledger: Ledger
  /** Resolves when a receiver has just answered. */
  answered: () => Promise<void>
}

/**
 * Takes every step at its time, those of one part after each other; resolves when all are over, to what did not come back
 * as it should. Each is in the ledger: when it began, when the part was gone or well again, and when it was mended.
 */
export async function inject(steps: readonly Step[], injected: Injected): Promise<string[]> {
  const wrong: string[] = []
  const startMs = performance.now()
  const parts = new Set(steps.map((step) => step.on))
  await Promise.all(
    [...parts].map(async (part) => {
      const own = steps.filter((step) => step.on === part).toSorted((a, b) => a.atMs - b.atMs)
      for (const step of own) {
        await sleep(Math.max(step.atMs - (performance.now() - startMs), 0))
        await take(step, injected).catch((error: unknown) =>
          wrong.push(`${step.does} ${step.on}: ${String(error)}`),
        )
      }
    }),
  )
  return wrong
}

async function take(step: Step, { targets, ledger, answered }: Injected): Promise<void> {
  const { on, does, amount = 0, forMs } = step
  const target = targets.get(on)
  if (!target) throw new Error(`there is no part ${on}`)
  if (does === 'kill after an answer') await answered()
  const now = () => nanoseconds(preciseNow() - ledger.originMs)
  const value = { part: on, role: target.role, does, amount }
  const operation = { process: 'nemesis', type: 'info', f: 'fault' } as const
  const began = now()
  // the line is written while the part is hurt: a kill that waits for the disk would be late
  const [mend] = await Promise.all([
    target.hurt(does, amount),
    ledger.append({ ...operation, value }),
  ])
  const killed = now()
  await sleep(forMs)
  const mended = now()
  try {
    await mend()
  } finally {
    const gone = does.startsWith('kill') ? killed : now()
    const times = { began, gone, mended, ended: now() }
    await ledger.append({ ...operation, value: { ...value, ...times } })
  }
}

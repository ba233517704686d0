import { LANE_SIGNAL, type LaneInput } from '../../../src/delivery/contract.ts'
import { asleep, cancelIn, signalIn } from './drives.ts'
import { round, type Run, type Scenario } from './scenario.ts'
import { dies, gives, waits } from './stage.ts'

const input: LaneInput = { tenant: 't', webhook: 'wh_1', name: 'n1' }
const now = gives(round({ next: 'now' }))
const idle = gives(round({ next: 'idle' }))
const inactive = gives(round({ next: 'inactive' }))
const slotIn = (inMs: number) => gives(round({ next: 'slot', inMs }))
const dueIn = (inMs: number) => gives(round({ next: 'due', inMs }))
const NEVER_MS = 3_600_000
/** Long enough to signal meanwhile. */
const SOON_MS = 2_000

const inRound = (signal: string) => signalIn('sendHeld', { signal, gate: 'round' })
const whileAsleep = (signal: string) => asleep((run) => run.signal(signal))

const rounds: Scenario[] = [
  { path: 'idle', input, script: { sendHeld: [idle] } },
  {
    path: 'idle-and-more-is-held',
    input,
    script: { sendHeld: [waits('round', idle), idle] },
    drive: inRound(LANE_SIGNAL.held),
  },
  { path: 'inactive', input, script: { sendHeld: [inactive] } },
  {
    path: 'inactive-and-changed',
    input,
    script: { sendHeld: [waits('round', inactive), idle] },
    drive: inRound(LANE_SIGNAL.changed),
  },
  { path: 'now', input, script: { sendHeld: [now, now, idle] } },
  { path: 'worker-died', input, script: { sendHeld: [dies, idle] } },
]

const sleeps: Scenario[] = [
  { path: 'slot-comes', input, script: { sendHeld: [slotIn(20), idle] } },
  {
    path: 'slot-and-more-is-held',
    input,
    script: { sendHeld: [slotIn(SOON_MS), idle] },
    drive: whileAsleep(LANE_SIGNAL.held),
  },
  {
    path: 'slot-and-changed',
    input,
    script: { sendHeld: [slotIn(NEVER_MS), idle] },
    drive: whileAsleep(LANE_SIGNAL.changed),
  },
  {
    path: 'slot-and-held-in-its-round',
    input,
    script: { sendHeld: [waits('round', slotIn(20)), idle] },
    drive: inRound(LANE_SIGNAL.held),
  },
  {
    path: 'slot-and-changed-in-its-round',
    input,
    script: { sendHeld: [waits('round', slotIn(NEVER_MS)), slotIn(20), idle] },
    drive: inRound(LANE_SIGNAL.changed),
  },
  { path: 'due-comes', input, script: { sendHeld: [dueIn(20), idle] } },
  {
    path: 'due-and-more-is-held',
    input,
    script: { sendHeld: [dueIn(NEVER_MS), idle] },
    drive: whileAsleep(LANE_SIGNAL.held),
  },
  {
    path: 'due-and-changed',
    input,
    script: { sendHeld: [dueIn(NEVER_MS), idle] },
    drive: whileAsleep(LANE_SIGNAL.changed),
  },
  {
    path: 'due-and-held-in-its-round',
    input,
    script: { sendHeld: [waits('round', dueIn(NEVER_MS)), dueIn(20), idle] },
    drive: inRound(LANE_SIGNAL.held),
  },
  {
    path: 'slot-after-due',
    input,
    script: { sendHeld: [dueIn(20), now, slotIn(20), idle] },
  },
]

const continued: Scenario[] = [
  { path: 'continued-when-suggested', input, suggestAt: 10, script: { sendHeld: [now] } },
  { path: 'continued-instead-of-idle', input, suggestAt: 10, script: { sendHeld: [now, idle] } },
  {
    path: 'continued-instead-of-a-sleep',
    input,
    suggestAt: 10,
    script: { sendHeld: [slotIn(20), dueIn(NEVER_MS)] },
  },
  {
    path: 'continued-after-5000-signals',
    input,
    suggestAt: 100_000,
    script: { sendHeld: [waits('round', now), waits('round', idle)] },
    async drive(run) {
      await run.begun('sendHeld')
      await signals(run, 5_000)
      run.open('round')
    },
  },
  {
    path: 'continued-when-long',
    input,
    suggestAt: 100_000,
    script: { sendHeld: [waits('round', now), waits('round', idle)] },
    async drive(run) {
      await run.begun('sendHeld')
      await signals(run, 250)
      run.open('round')
    },
  },
]

/** So many at once that no workflow task gets too many of them. */
const BUNCH = 100

async function signals(run: Run, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += BUNCH) {
    const bunch = Array.from({ length: Math.min(BUNCH, count - sent) })
    await Promise.all(bunch.map(() => run.signal(LANE_SIGNAL.held)))
    await run.query('lane')
  }
}

const cancelled: Scenario[] = [
  { path: 'cancelled-at-once', input, cancelledAtOnce: true, script: {} },
  {
    path: 'cancelled-in-a-round',
    input,
    script: { sendHeld: [waits('never')] },
    drive: cancelIn('sendHeld'),
  },
  {
    path: 'cancelled-before-its-slot',
    input,
    script: { sendHeld: [slotIn(NEVER_MS)] },
    drive: asleep((run) => run.cancel()),
  },
  {
    path: 'cancelled-before-its-due-time',
    input,
    script: { sendHeld: [dueIn(NEVER_MS)] },
    drive: asleep((run) => run.cancel()),
  },
]

export const rateLimit: Scenario[] = [...rounds, ...sleeps, ...continued, ...cancelled]

import { REPLAY_CHANGED, type ReplayInput } from '../../../src/delivery/contract.ts'
import { asleep, cancelIn, signalIn } from './drives.ts'
import { page, type Scenario } from './scenario.ts'
import { gives, isAway, waits } from './stage.ts'

const input: ReplayInput = { tenant: 't', replay: 'r' }
const running = gives(page('running'))
const paused = gives(page('paused'))
const completed = gives(page('completed'))
const cancelReplay = [gives()]
const changed = asleep((run) => run.signal(REPLAY_CHANGED))

export const replay: Scenario[] = [
  { path: 'completed', input, script: { replayPage: [completed] } },
  { path: 'several-pages', input, script: { replayPage: [running, running, completed] } },
  {
    path: 'paused-resumed',
    input,
    script: { replayPage: [paused, running, completed] },
    drive: changed,
  },
  {
    path: 'paused-and-looked-again',
    input,
    shortWaits: true,
    script: { replayPage: [paused, completed] },
  },
  {
    path: 'changed-while-a-page-pauses',
    input,
    script: { replayPage: [waits('page', paused), completed] },
    drive: signalIn('replayPage', { signal: REPLAY_CHANGED, gate: 'page' }),
  },
  {
    path: 'cancelled-by-state',
    input,
    script: { replayPage: [running, gives(page('cancelled'))] },
  },
  {
    path: 'cancelled-by-state-while-paused',
    input,
    script: { replayPage: [paused, gives(page('cancelled'))] },
    drive: changed,
  },
  { path: 'cancelled-at-once', input, cancelledAtOnce: true, script: { cancelReplay } },
  {
    path: 'cancelled-in-a-page',
    input,
    script: { replayPage: [running, waits('never')], cancelReplay },
    drive: cancelIn('replayPage', 2),
  },
  {
    path: 'cancelled-while-paused',
    input,
    script: { replayPage: [paused], cancelReplay },
    drive: asleep((run) => run.cancel()),
  },
  {
    path: 'cancelled-while-mongodb-is-away',
    input,
    script: { replayPage: [waits('never')], cancelReplay: [isAway, isAway, isAway, gives()] },
    drive: cancelIn('replayPage'),
  },
  {
    path: 'continued-when-suggested',
    input,
    suggestAt: 10,
    script: { replayPage: [running] },
  },
  {
    path: 'paused-and-continued',
    input,
    suggestAt: 10,
    script: { replayPage: [running, paused] },
    drive: changed,
  },
  { path: 'continued-after-100-pages', input, script: { replayPage: [running] } },
]

import type { Scenario } from '../run.ts'
import { batch } from './batch.ts'
import { failing } from './failing.ts'
import { fanout } from './fanout.ts'
import { hangingLane } from './hanging-lane.ts'
import { idle } from './idle.ts'
import { ingest } from './ingest.ts'
import { lane } from './lane.ts'
import { latency } from './latency.ts'
import { limited } from './limited.ts'
import { recovery } from './recovery.ts'
import { start } from './start.ts'
import { store } from './store.ts'
import { tarpit } from './tarpit.ts'
import { tenants } from './tenants.ts'

/** Every scenario by the name it is asked for. */
export const SCENARIOS: Record<string, Scenario> = {
  ingest,
  batch,
  latency,
  fanout,
  failing,
  limited,
  lane,
  'hanging-lane': hangingLane,
  tarpit,
  store,
  tenants,
  start,
  idle,
  recovery,
}

/** What runs where nothing is named: a few minutes that say the most. */
export const USUAL = ['ingest', 'latency', 'batch']

/** Those that a peer can take: they need nothing but its ingest. */
export const FOR_PEERS = ['ingest', 'latency']

import { setMaxListeners } from 'node:events'
import { Backlog } from '../../src/activities/match/backlog.ts'
import { Caps } from '../../src/activities/deliver/caps.ts'
import { matchWebhooks } from '../../src/activities/match/match-webhooks.ts'
import { FirstAttempts, type Match } from '../../src/activities/first/first-attempts.ts'
import { FirstRows } from '../../src/models/deliveries/first-rows.ts'
import { LaneRows } from '../../src/models/deliveries/lane-rows.ts'
import { Outbox } from '../../src/models/deliveries/outbox.ts'
import { Records } from '../../src/models/deliveries/records.ts'
import { Sender, type SenderDependencies } from '../../src/activities/deliver/sender.ts'
import { type PassContext, targetPass } from '../../src/activities/deliver/target-pass.ts'
import type { Carrier } from '../../src/delivery/types.ts'
import { createLogger } from '../../src/logger.ts'
import { Metrics } from '../../src/metrics.ts'
import type { Models } from '../../src/models/connect.ts'
import { DeliveryChanges } from '../../src/models/deliveries/changes.ts'
import { Claims } from '../../src/models/deliveries/claims.ts'
import { DeliveryReads } from '../../src/models/deliveries/reads.ts'
import { current } from './rows.ts'
import { createAddressGuard } from '../../src/outbound/address/address-guard.ts'
import { createPoster, type Poster } from '../../src/outbound/post.ts'

/** A client for receivers on loopback. */
export function loopbackPoster(): Poster {
  const guard = createAddressGuard({
    allowCidrs: ['127.0.0.0/8'],
    denyCidrs: [],
    allowHosts: [],
    allowHttp: true,
  })
  return createPoster({ guard, userAgent: 'herald/test' })
}

/** Gives answers that BSON has no form for. */
export function poisoned(poster: Poster): Poster {
  return {
    ...poster,
    async post(request) {
      const { response, ...heard } = await poster.post(request)
      const body = { _bsontype: 'x' } as unknown as string
      return { ...heard, ...(response && { response: { ...response, body } }) }
    },
  }
}

/** What one process sends with; several stand for several processes. `report` hears what counts for a webhook's health. */
export function sendingProcess(
  models: Models,
  poster: Poster,
  report: SenderDependencies['health']['report'] = () => undefined,
) {
  const records = new Records(models)
  const claims = new Claims(models, records)
  const changes = new DeliveryChanges(models)
  const reads = new DeliveryReads(models)
  const sender = new Sender({
    claims,
    poster,
    logger: createLogger('silent'),
    health: { report, gone: () => undefined },
    metrics: new Metrics(),
    tally: { note: () => undefined },
    version: 'test',
    now: Date.now,
    random: () => 0,
  })
  const stopping = new AbortController()
  const limits = { perOrigin: 64, perTenant: 512 }
  const caps = new Caps(limits, { random: () => 0, stopping: stopping.signal })
  const deps = { models, claims, changes, reads, sender, caps, now: Date.now }
  const contextOf = (carrier: Carrier): PassContext => {
    const { signal } = new AbortController()
    setMaxListeners(0, signal) // as passContext does
    return { deps: { ...deps, stopping: stopping.signal }, carrier, signal, missingIsLost: true }
  }
  const outbox = new Outbox(models, changes)
  const backlog = new Backlog(new LaneRows(models), 100_000)
  const match: Match = (input, carrier, from) =>
    matchWebhooks(input, outbox, {
      now: Date.now,
      deliveryUrl: () => undefined,
      isRunning: current,
      backlog,
      carrier,
      ...from,
      fanOut: { note: () => undefined },
    })
  const progress = { matched: () => undefined, attempted: () => undefined }
  const first = new FirstAttempts(match, {
    ...deps,
    firstRows: new FirstRows(models, records),
    stopping: stopping.signal,
    progress,
  })
  return {
    ...deps,
    first,
    stopping,
    /** One pass of an activity of this carrier. */
    pass: (carrier: Carrier, webhook: string, deliveries: string[]) =>
      targetPass({ webhook, deliveries }, contextOf(carrier)),
  }
}

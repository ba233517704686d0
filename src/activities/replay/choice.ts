import type { EventEnvelope } from '../../delivery/types.ts'
import { eventKey } from '../../ids.ts'
import type { Models } from '../../models/connect.ts'
import type { EventDocument } from '../../models/event.ts'
import type { ReplayDocument } from '../../models/replays/document.ts'
import type { ReplayPageDocument, ReplayPosition } from '../../models/replays/page.ts'
import { type Candidate, readCandidates } from '../../models/replays/selection.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'

/** Reads for one page at most: a filter that chooses few events of many must not outlast the activity. */
const READS_MAX = 20

type Choice = Pick<ReplayPageDocument, 'items' | 'passedOver' | 'after'>
type Choosing = {
  models: Models
  limit: number
  isMissed: (webhook: WebhookDocument, event: EventEnvelope) => Promise<boolean>
}

/** The next deliveries that a replay takes, in the order of their events; those of a webhook that is not active are passed over. */
export async function choosePage(
  replay: ReplayDocument,
  from: ReplayPosition | null,
  { models, limit, isMissed }: Choosing,
): Promise<Choice> {
  const webhooks = await webhooksOf(replay.tenant, models)
  const named = webhooks.get(replay.filter.webhook ?? '')
  const chosen: Candidate[] = []
  let after = from
  for (let reads = 0; reads < READS_MAX && chosen.length < limit; reads++) {
    const read = await readCandidates(models, replay, {
      after,
      limit: limit - chosen.length,
      isMissed: async (event) => named !== undefined && (await isMissed(named, event)),
    })
    chosen.push(...read.candidates)
    after = read.after
    if (!after) break
  }
  const taken = chosen.filter(({ webhook }) => webhooks.get(webhook)?.state === 'active')
  const ordered = await byEvent(replay.tenant, taken, models)
  const items = ordered.map(({ delivery, event, webhook, round }) => ({
    delivery,
    event,
    webhook,
    round,
  }))
  return { items, passedOver: chosen.length - taken.length, after }
}

async function webhooksOf(tenant: string, models: Models): Promise<Map<string, WebhookDocument>> {
  const found = await models.webhooks
    .find({ tenant, deletedAt: { $exists: false } })
    .lean()
    .exec()
  return new Map(found.map((webhook) => [webhook._id, webhook]))
}

/** Rows of one group have one time, and those that a replay made are young: the events say what is older. */
async function byEvent(tenant: string, chosen: Candidate[], models: Models): Promise<Candidate[]> {
  const keys = [...new Set(chosen.map(({ event }) => eventKey(tenant, event)))]
  const events = await models.events
    .find({ _id: { $in: keys } }, { receivedAt: 1 })
    .lean<Pick<EventDocument, '_id' | 'receivedAt'>[]>()
    .exec()
  const received = new Map(events.map((event) => [event._id, event.receivedAt.getTime()]))
  const ageOf = ({ event, createdAt }: Candidate) =>
    received.get(eventKey(tenant, event)) ?? createdAt.getTime()
  return chosen.toSorted((a, b) => ageOf(a) - ageOf(b))
}

import { attemptsOf } from '../../src/delivery/schedule.ts'
import { deliveryId, eventKey } from '../../src/ids.ts'
import type { AttemptRecord } from '../../src/models/deliveries/attempt.ts'
import type { Models } from '../../src/models/connect.ts'
import type { DeliveryDocument } from '../../src/models/deliveries/document.ts'
import type { WebhookDocument } from '../../src/models/webhooks/document.ts'
import { TENANT } from './people.ts'
import { isOwed, type Referee } from './referee.ts'
import type { ModelTemporal } from './model-temporal.ts'

type Parts = {
  models: Models
  referee: Referee
  temporal: ModelTemporal
  webhooks: ReadonlyMap<string, Pick<WebhookDocument, 'retry'>>
  /** Ids of the events that were accepted. */
  events: readonly string[]
}

/** What must be true when all has come to its end. */
export async function judge(parts: Parts): Promise<void> {
  const { models, referee, temporal, events } = parts
  for (const id of events) {
    const event = await models.events.findById(eventKey(TENANT, id)).lean()
    if (!event) return referee.fail(id, 'was accepted and is not on record')
    for (const webhook of event.webhooks) {
      const delivery = deliveryId(TENANT, id, webhook)
      // no code of ours runs when a workflow is terminated: what died with its process has no row (decision 0019)
      if (temporal.latest(event.workflow)?.status === 'TERMINATED') continue
      if (!(await models.deliveries.exists({ _id: delivery })))
        referee.fail(delivery, `of ${id} to ${webhook} is not on record`)
    }
  }
  const rows = await models.deliveries.find().sort({ _id: 1 }).lean<DeliveryDocument[]>()
  for (const row of rows) await judgeRow(row, parts)
  const [left] = temporal.running()
  if (left) referee.fail(left.ids.workflow, 'runs, and nothing is owed')
}

async function judgeRow(row: DeliveryDocument, { models, referee, webhooks }: Parts) {
  const { _id, state, open, attempts, log = [] } = row
  if (isOwed(row)) referee.fail(_id, `is ${state} at the end`)
  // of an ended row whose sender died, nobody ends it
  if (open && !referee.claims.get(open.token)?.host.wasTroubled)
    referee.fail(_id, `has attempt ${open.number} open at the end`)
  const older = await models.attempts.find({ delivery: _id }).lean<AttemptRecord[]>()
  const records = [...older, ...log].toSorted((a, b) => a.number - b.number)
  const numbers = [...records.map((record) => record.number), ...(open ? [open.number] : [])]
  if (numbers.length !== attempts || numbers.some((number, n) => number !== n + 1))
    referee.fail(_id, `has ${attempts} attempts, and on record are ${numbers.join()}`)
  const requests = referee.requests.filter((one) => one.delivery === _id)
  for (const request of requests)
    if (request.number > attempts) referee.fail(_id, `was sent ${request.number} of ${attempts}`)
  for (const record of records) judgeRecord(record, row, referee)
  if (row.round - 1 > (referee.asked.get(_id) ?? 0))
    referee.fail(_id, `is in round ${row.round}, and nobody asked for it`)
  const schedule = webhooks.get(row.webhook)?.retry
  if (!schedule) return
  for (let round = 1; round <= row.round; round++) {
    const charged = requests.filter((one) => one.round === round && !one.host.wasTroubled)
    if (charged.length > attemptsOf(schedule))
      referee.fail(_id, `was sent ${charged.length} times in round ${round}`)
  }
}

/** What is on record is what the receiver saw; who died may have sent what nobody knows of. */
function judgeRecord(
  { number, outcome, response }: AttemptRecord,
  row: DeliveryDocument,
  referee: Referee,
) {
  const seen = referee.requests.find((one) => one.delivery === row._id && one.number === number)
  if (outcome === 'unknown') {
    if (seen && !seen.host.wasTroubled) referee.fail(row._id, `attempt ${number} is unknown`)
    return
  }
  if (!seen) return referee.fail(row._id, `attempt ${number} is on record and was never sent`)
  if (seen.status !== response?.status)
    referee.fail(row._id, `attempt ${number} was answered ${seen.status}`)
}

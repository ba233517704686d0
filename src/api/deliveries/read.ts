import { setTimeout as pause } from 'node:timers/promises'
import { eventKey, isDeliveryId } from '../../ids.ts'
import type { AttemptDocument, AttemptRecord } from '../../models/deliveries/attempt.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { EventDocument } from '../../models/event.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiError } from '../http/errors.ts'
import type { Call } from '../http/route.ts'
import { expectedAt } from '../webhooks/view.ts'
import { deliveryDetail } from './shape.ts'

const ATTEMPTS_SHOWN = 200

/** A row is stored when its first attempt has been answered, or after a second. */
const FIRST_ATTEMPT_MS = 1_200
const POLL_MS = 150

/** The caller's delivery of the path's id; waits for one whose first attempt is under way. Throws not_found. */
export async function findDelivery({
  deps,
  caller,
  params,
}: Pick<Call<unknown, unknown>, 'deps' | 'caller' | 'params'>): Promise<DeliveryDocument> {
  const find = () =>
    deps.models.deliveries
      .findOne({ _id: params.id, tenant: caller.tenant })
      .lean<DeliveryDocument>()
      .exec()
  const untilMs = deps.now() + (isDeliveryId(params.id ?? '') ? FIRST_ATTEMPT_MS : 0)
  let delivery = await find()
  while (!delivery && deps.now() < untilMs) {
    await pause(POLL_MS)
    delivery = await find()
  }
  if (!delivery) throw new ApiError('not_found', 'No such delivery.')
  return delivery
}

/** The newest attempts, oldest first: those that the row holds, and before them those that it had no room for. */
async function attemptsOf(
  { models }: ApiDependencies,
  { _id, attempts, log = [] }: DeliveryDocument,
): Promise<AttemptRecord[]> {
  if (log.length >= attempts || log.length >= ATTEMPTS_SHOWN) return log
  const older = await models.attempts
    .find({ delivery: _id, number: { $lt: log[0]?.number ?? Infinity } })
    .sort({ number: -1 })
    .limit(ATTEMPTS_SHOWN - log.length)
    .lean<AttemptDocument[]>()
    .exec()
  return [...older.toReversed(), ...log]
}

/** A delivery with its newest attempts, as the API shows it. */
export async function deliveryBodyOf(deps: ApiDependencies, delivery: DeliveryDocument) {
  const { models } = deps
  const [attempts, event, expected] = await Promise.all([
    attemptsOf(deps, delivery),
    models.events
      .findOne({ _id: eventKey(delivery.tenant, delivery.event) }, { receivedAt: 1 })
      .lean<EventDocument>()
      .exec(),
    expectedAt(deps, delivery),
  ])
  const history = {
    attempts,
    receivedAt: event?.receivedAt,
    expectedAt: expected,
  }
  return deliveryDetail(deps, delivery, history)
}

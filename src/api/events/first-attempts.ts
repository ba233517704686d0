import { setTimeout as pause } from 'node:timers/promises'
import type { z } from 'zod'
import type { EventEnvelope } from '../../delivery/types.ts'
import { eventKey } from '../../ids.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { EventDocument } from '../../models/event.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { deliveryView, type deliverySummarySchema, isOpen } from '../deliveries/view.ts'
import { isUnavailable } from '../../models/patience.ts'

const WAIT_MAX_SECONDS = 10
const POLL_MS = 50

/** The seconds of `Prefer: wait=N` (RFC 7240), at most 10; 0 where nothing is asked. */
export function preferredWaitSeconds(prefer: string | undefined): number {
  const asked = /(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])/i.exec(prefer ?? '')?.[1]
  return Math.min(Number(asked ?? 0), WAIT_MAX_SECONDS)
}

/**
 * What is to be read of an event that is accepted already, in at most this time; undefined where that takes longer or
 * fails, since the event stays accepted all the same. Never throws.
 */
export async function onceAccepted<T>(
  { logger }: ApiDependencies,
  seconds: number,
  read: (late: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const late = new AbortController()
  const limit = pause(seconds * 1_000, undefined, { signal: late.signal })
  try {
    return await Promise.race([read(late.signal), limit])
  } catch (error) {
    logger.error({ err: error }, 'first_attempts.unread')
    return undefined
  } finally {
    late.abort()
  }
}

/** The event's deliveries once each has had its first attempt or is final; undefined where that is too late. */
export async function firstAttempts(
  deps: ApiDependencies,
  { tenant, id }: EventEnvelope,
  late: AbortSignal,
): Promise<z.input<typeof deliverySummarySchema>[] | undefined> {
  while (!late.aborted) {
    const deliveries = await attempted(deps, tenant, id).catch((error: unknown) => {
      if (isUnavailable(error)) return undefined
      throw error
    })
    if (deliveries) return deliveries.map((delivery) => deliveryView(deps, delivery))
    await pause(POLL_MS)
  }
  return undefined
}

async function attempted(
  { models }: ApiDependencies,
  tenant: string,
  id: string,
): Promise<DeliveryDocument[] | undefined> {
  const key = { _id: eventKey(tenant, id) }
  const event = await models.events.findOne(key, { webhooks: 1 }).lean<EventDocument>().exec()
  if (!event) return undefined
  const deliveries = await models.deliveries
    .find({ tenant, event: id }, { body: 0, log: 0 })
    .lean<DeliveryDocument[]>()
    .exec()
  const all = deliveries.length >= event.webhooks.length
  return all && deliveries.every((one) => one.lastAttempt || !isOpen(one)) ? deliveries : undefined
}

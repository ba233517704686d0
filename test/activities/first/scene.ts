import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { EventEnvelope } from '../../../src/delivery/types.ts'
import { deliveryId } from '../../../src/ids.ts'
import type { Models } from '../../../src/models/connect.ts'
import type { WebhookDocument } from '../../../src/models/webhooks/document.ts'
import { addWebhook } from '../../api/support.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from '../../support/receiver.ts'
import { ownModels, rowOf } from '../../support/rows.ts'
import { loopbackPoster, sendingProcess } from '../../support/sending.ts'

export const poster = loopbackPoster()
const receivers: Receiver[] = []
/** Of the file's own database, from its `beforeAll` on. */
export let models: Models

/** Gives a file of tests its database. */
export function useModels(database: string): void {
  beforeAll(async () => {
    models = await ownModels(database)
  })
  afterAll(async () => {
    await poster.close()
    await Promise.all(receivers.map((receiver) => receiver.close()))
    await models.connection.close()
  })
}

/** A process that sends first attempts. */
export const sending = () => sendingProcess(models, poster)

/** A webhook with a receiver and a type of its own, and an event for it in a workflow. */
export async function scene(
  answer?: (hit: Hit, n: number) => Answer,
  fields: Partial<WebhookDocument> = {},
) {
  const id = randomUUID().slice(0, 8)
  const receiver = await startReceiver(answer)
  receivers.push(receiver)
  const target = { type: 'http' as const, url: receiver.url, timeout: '10s' }
  await addWebhook(models, { _id: `wh_${id}`, events: [id], target, concurrency: 8, ...fields })
  const event: EventEnvelope = {
    tenant: 'default',
    id,
    type: id,
    receivedAt: new Date().toISOString(),
    data: '{}',
    hash: id,
  }
  const workflow = `event/default/${id}`
  const carrier = { workflow, run: `run-${id}` }
  const delivery = deliveryId('default', id, `wh_${id}`)
  const target1 = { tenant: 'default', webhook: `wh_${id}`, name: id, deliveries: [delivery] }
  return {
    receiver,
    carrier,
    target: target1,
    input: { workflow, events: [event], reset: false },
    row: () => rowOf(models, delivery),
  }
}

export const answersAfter = (delayMs: number) => () => ({ status: 200, delayMs })
export const numbers = ({ hits }: Receiver) =>
  hits.map((hit) => Number(hit.headers['herald-attempt']))

import { z } from 'zod'
import { type ApiClient, refusal } from './api-client.ts'
import type { Receiver } from './receiver.ts'
import { until } from '../servers/wait.ts'

/** A `process_run_end` as the seed catalogue describes it. */
const PROCESS_RUN_END = {
  process_name: 'Onboarding',
  process_output: 'approved',
  files: { clientFiles: [] },
  fields: [
    {
      key: 'country',
      label: 'Country',
      helptext: null,
      placeholder: null,
      internalId: 'country-1',
    },
  ],
  data: { country: 'DK' },
}

const deliveriesSchema = z.looseObject({
  data: z.array(z.looseObject({ id: z.string(), webhook: z.unknown(), state: z.string() })),
})

export type DemoDelivery = { event: string; delivery: string; tookMs: number }

/**
 * Posts one event and waits until the receiver has it with a good signature and the API says delivered.
 * Throws an Error that says what is missing after `seconds`.
 */
export async function sendDemoEvent(
  call: ApiClient,
  { receiver, webhook, seconds }: { receiver: Receiver; webhook: string; seconds: number },
): Promise<DemoDelivery> {
  const startedAtMs = Date.now()
  const body = {
    type: 'process_run_end',
    subject: 'cus_demo',
    reference: 'npm-start',
    data: PROCESS_RUN_END,
  }
  const posted = await call('POST', '/v1/events', { body })
  if (posted.status !== 202) throw refusal('POST /v1/events', posted)
  const { id } = z.looseObject({ id: z.string() }).parse(posted.body)
  const hit = await until(async () => receiver.hits.find((one) => one.id === id), { seconds })
  if (!hit) throw new Error(`event ${id} did not reach the receiver within ${seconds} s`)
  const tookMs = Date.now() - startedAtMs
  if (hit.verified !== true) throw new Error(`the signature of event ${id} does not verify`)
  const deliveryOf = async () => {
    const list = await call('GET', `/v1/deliveries?event=${id}&webhook=${webhook}`)
    if (list.status !== 200) return undefined
    return deliveriesSchema.parse(list.body).data.find(({ state }) => state === 'delivered')
  }
  const delivery = await until(deliveryOf, { seconds, everyMs: 100 })
  if (!delivery) throw new Error(`the API does not show event ${id} as delivered`)
  return { event: id, delivery: delivery.id, tookMs }
}

import type { Api } from './api.ts'
import type { JudgedWebhook } from './judge/history.ts'
import type { Receivers } from './journal.ts'
import { LIMIT_PER_MS, type Plan, TIMEOUT, TO_ALL } from './mixture.ts'

/** Makes the webhook of a plan with its receiver, and what the judge must know of it. Throws where herald refuses it. */
export async function makeWebhook(
  api: Api,
  receivers: Receivers,
  plan: Plan,
): Promise<JudgedWebhook> {
  const { name, attempts, retry, rateLimit, timeout = TIMEOUT } = plan
  const url = await receivers.open(name, plan.behaviour)
  const { status, body } = await api.call('POST', '/v1/webhooks', {
    name,
    events: [`soak.${name}`, TO_ALL],
    target: { type: 'http', url, timeout },
    retry,
    autoDisable: null,
    ...(rateLimit && { rateLimit }),
  })
  if (status !== 201) throw new Error(`webhook ${name}: ${status} ${JSON.stringify(body)}`)
  const always = { fromMs: 0, toMs: Infinity, perMs: LIMIT_PER_MS }
  return {
    id: String(body['id']),
    name,
    attempts,
    limits: rateLimit ? [{ limit: rateLimit.limit, ...always }] : [],
    wasPaused: false,
    isPaused: false,
  }
}

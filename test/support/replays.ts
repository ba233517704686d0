import { expect } from 'vitest'
import type { Herald, Json } from './herald.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from './receiver.ts'
import { until } from './until.ts'

type Caller = Pick<Herald, 'call' | 'webhook' | 'event'>

/** What tests of replays do with one herald, and how they know that something is over. */
export function replayer(at: () => Caller) {
  const receivers: Receiver[] = []

  async function hook(
    type: string,
    fields: Json = {},
    answer?: (hit: Hit, n: number) => Answer,
  ): Promise<{ receiver: Receiver; id: string }> {
    const receiver = await startReceiver(answer)
    receivers.push(receiver)
    const { id } = await at().webhook({
      events: [type],
      target: { type: 'http', url: receiver.url, timeout: '5s' },
      retry: { type: 'fixed', interval: '1s', retries: 0 },
      ...fields,
    })
    return { receiver, id }
  }

  async function send(type: string, count: number): Promise<string[]> {
    const ids: string[] = []
    for (let n = 0; n < count; n++) ids.push(await at().event({ type, data: { n } }))
    return ids
  }

  async function total(webhook: string, state: string): Promise<number> {
    let count = 0
    let cursor: unknown
    do {
      const query = new URLSearchParams({ webhook, state, limit: '100' })
      if (typeof cursor === 'string') query.set('cursor', cursor)
      const { body } = await at().call('GET', `/v1/deliveries?${query.toString()}`)
      count += (body['data'] as Json[]).length
      cursor = (body['page'] as Json)['next']
    } while (cursor)
    return count
  }

  const settled = (webhook: string, state: string, count: number) =>
    until(async () => (await total(webhook, state)) === count, {
      seconds: 60,
      what: `${count} ${state}`,
    })

  /** A webhook that is active again and was paused when these events came. */
  async function missed(type: string, count: number) {
    const { receiver, id } = await hook(type, { state: 'paused' })
    const events = await send(type, count)
    await settled(id, 'skipped', count)
    await at().call('POST', `/v1/webhooks/${id}/resume`)
    return { receiver, id, events }
  }

  async function replay(body: Json): Promise<Json & { id: string }> {
    const answer = await at().call('POST', '/v1/replays', body)
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 202 })
    const location = answer.headers.get('location')
    expect(location).toBe(`/v1/replays/${String(answer.body['id'])}`)
    return answer.body as Json & { id: string }
  }

  const read = async (id: string) => (await at().call('GET', `/v1/replays/${id}`)).body
  const reached = (id: string, want: (body: Json) => boolean) =>
    until(
      async () => {
        const body = await read(id)
        return want(body) ? body : undefined
      },
      { seconds: 90, what: 'the replay to get there' },
    )
  /** Handed over, and every delivery finished. */
  const ended = (id: string) =>
    reached(id, (body) => {
      const [sent = 0, ...over] = ['sent', 'done', 'failed', 'passedOver'].map((name) =>
        Number(body[name]),
      )
      return body['state'] === 'completed' && over.reduce((sum, one) => sum + one) >= sent
    })
  const close = () => Promise.all(receivers.map((one) => one.close()))
  return { hook, send, settled, missed, replay, read, reached, ended, close }
}

export const idOf = (hit: Hit) => String(hit.headers['webhook-id'])
export const idsOf = (hits: Hit[]) => hits.map(idOf)

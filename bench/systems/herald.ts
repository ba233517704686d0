import { type Api, callApi } from '../api.ts'
import type { Processes } from '../measure/usage.ts'
import type { System } from './system.ts'

/** The most that a webhook may have open at once; what a load at full rate is sent through. */
export const MOST_CONCURRENT = 256

/** Limits for strangers that one generator with one key would meet, and no port that another herald may have. */
export const BENCH_SETTINGS = {
  INGEST_RATE: '1000000',
  INGEST_BURST: '1000000',
  INGEST_MAX_IN_FLIGHT: '10000',
  METRICS_PORT: '0',
}

/** herald as a system that takes a load. */
export function heraldSystem({ api, key }: Api, processes: () => Processes): System {
  return {
    name: 'herald',
    processes,
    target: (type, isBatch) => ({
      url: `${api}/v1/events${isBatch ? '/batch' : ''}`,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      before: isBatch ? '{"events":[' : '',
      event: `{"id":"__ID__","type":"${type}","data":{"hello":"world"}}`,
      after: isBatch ? ']}' : '',
      okStatus: [202],
    }),
  }
}

/** A webhook of the bench: which events it gets and where it sends; the rest as the API takes it. */
export type Hook = { events: string[]; url: string } & Record<string, unknown>

/** Makes a webhook and gives its id. Throws where herald refuses it. */
export async function createHook(at: Api, { events, url, ...settings }: Hook): Promise<string> {
  const { status, body } = await callApi(at, 'POST', '/v1/webhooks', {
    name: `bench ${events[0]}`,
    events,
    target: { type: 'http', url },
    autoDisable: null,
    ...settings,
  })
  if (status !== 201) throw new Error(`the webhook was refused: ${JSON.stringify(body)}`)
  return (body as { id: string }).id
}

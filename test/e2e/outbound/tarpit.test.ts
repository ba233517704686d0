import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type BadReceiver,
  type Mode,
  startBadReceiver,
} from '../../support/strangers/bad-receiver.ts'
import type { Json } from '../../support/herald.ts'
import { type HeraldProcess, heraldProcess } from '../../support/servers/process.ts'
import { until } from '../../support/until.ts'

const RECEIVERS = 20
const ROUNDS = 4
/** Those that keep a request until its deadline; how much they slow the others down is `npm run bench -- tarpit`. */
const TARPITS: Mode[] = ['silence', 'half-open', 'slow headers']

let herald: HeraldProcess
const healthy: BadReceiver[] = []
const tarpits: BadReceiver[] = []

beforeAll(async () => {
  herald = await heraldProcess('tarpit')
  await herald.start()
  for (let n = 0; n < RECEIVERS; n++) {
    const isTarpit = n % 2 === 1
    const receiver = await startBadReceiver(isTarpit ? TARPITS[n % TARPITS.length] : 'ok')
    const among = isTarpit ? tarpits : healthy
    among.push(receiver)
    await herald.webhook({
      events: [isTarpit ? 'tarpit' : 'healthy'],
      target: { type: 'http', url: receiver.url, timeout: '30s' },
      retry: { type: 'fixed', interval: '1s', retries: 0 },
    })
  }
})
afterAll(async () => {
  await Promise.all([...healthy, ...tarpits].map((one) => one.close()))
  await herald.stop()
})

it('a start with private networks allowed warns of them', () => {
  expect(herald.log()).toContain('"outbound.private_networks_allowed"')
  expect(herald.log()).toContain('"127.0.0.0/8"')
})

describe('receivers that are half of all and never answer', () => {
  it('hold their own requests only: the other half gets its events meanwhile', async () => {
    for (let n = 0; n < ROUNDS; n++) await herald.event({ type: 'tarpit' })
    await until(() => tarpits.every((one) => one.open() > 0), { what: 'a request in each tarpit' })
    for (let n = 0; n < ROUNDS; n++) await herald.event({ type: 'healthy' })
    await until(() => healthy.every(({ hits }) => hits.length === ROUNDS), {
      what: 'every event at every healthy receiver',
      seconds: 25,
    })
    const { body } = await herald.call('GET', '/v1/deliveries?type=tarpit&limit=100')
    const rows = body['data'] as Json[]
    expect(rows).toHaveLength(ROUNDS * tarpits.length)
    expect(rows.filter((row) => row['state'] !== 'pending')).toEqual([])
  })
})

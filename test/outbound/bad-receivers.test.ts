import { afterAll, expect, it } from 'vitest'
import { createAddressGuard } from '../../src/outbound/address/address-guard.ts'
import { createPoster } from '../../src/outbound/post.ts'
import { type Mode, startBadReceiver } from '../support/strangers/bad-receiver.ts'
import { until } from '../support/until.ts'

const TIMEOUT_MS = 1_000
/** For what ends long before, on a machine with nothing else to do. */
const AMPLE_MS = 10_000
/** Timers, and a machine with something else to do. */
const SLACK_MS = 1_000

const guard = createAddressGuard({
  allowCidrs: ['127.0.0.0/8'],
  denyCidrs: [],
  allowHosts: [],
  allowHttp: true,
})
const poster = createPoster({ guard, userAgent: 'herald/test' })
afterAll(() => poster.close())

const MODES: [Mode, number | string, body: RegExp | undefined][] = [
  ['silence', 'timeout', undefined],
  ['half-open', 'timeout', undefined],
  ['slow headers', 'timeout', undefined],
  ['103 flood', 'response_invalid', undefined],
  ['endless header', 'response_invalid', undefined],
  ['5,000 headers', 'response_invalid', undefined],
  ['64,000 headers', 'response_invalid', undefined],
  ['reset', 'reset', undefined],
  ['slow body', 200, /^x+$/],
  ['endless body', 200, /^y{16384}$/],
  ['reset in the body', 200, /^part$/],
  ['gzip bomb', 200, /^\[content-encoding: gzip, not shown\]$/],
]

it.each(MODES)(
  'a receiver with %s is %s within the deadline, and its connection is given up',
  async (mode, outcome, body) => {
    const receiver = await startBadReceiver(mode)
    const timeoutMs = outcome === 'timeout' || mode === 'slow body' ? TIMEOUT_MS : AMPLE_MS
    const { response, error, timings } = await poster.post({
      url: receiver.url,
      headers: {},
      body: 'b'.repeat(262_144),
      timeoutMs,
    })
    expect(response?.status ?? error?.code).toBe(outcome)
    expect(timings.totalMs).toBeLessThan(timeoutMs + SLACK_MS)
    if (body) expect(response).toMatchObject({ truncated: true, body: expect.stringMatching(body) })
    const isGivenUp = () => {
      receiver.read()
      return receiver.open() === 0
    }
    await until(isGivenUp, { seconds: 10, what: 'a closed connection' })
    await receiver.close()
  },
)

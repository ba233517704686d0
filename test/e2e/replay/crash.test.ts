import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HeraldProcess, heraldProcess } from '../../support/servers/process.ts'
import { idsOf, replayer } from '../../support/replays.ts'
import { until } from '../../support/until.ts'

let herald: HeraldProcess
const { missed, replay, reached, ended, close } = replayer(() => herald)

beforeAll(async () => {
  herald = await heraldProcess('replay-crash')
  await herald.start()
}, 90_000)
afterAll(async () => {
  await herald.stop()
  await close()
})

describe('a replay that is paused halfway, whose herald is killed, and that is resumed', () => {
  it('sends nothing twice and leaves nothing out', async () => {
    const { receiver, id, events } = await missed('kill.a', 60)
    const made = await replay({ filter: { webhook: id }, rate: 20 })
    await until(() => receiver.hits.length >= 25)
    const paused = await herald.call('POST', `/v1/replays/${made.id}/pause`)
    expect(paused).toMatchObject({ status: 200, body: { state: 'paused' } })
    await reached(made.id, (body) => body['done'] === body['sent'])
    await herald.kill()
    const halfway = receiver.hits.length
    expect(halfway).toBeLessThan(60)
    await herald.start()
    expect(receiver.hits).toHaveLength(halfway)
    const resumed = await herald.call('POST', `/v1/replays/${made.id}/resume`)
    expect(resumed).toMatchObject({ status: 200, body: { state: 'running' } })
    expect(await ended(made.id)).toMatchObject({ selected: 60, sent: 60, done: 60 })
    expect(idsOf(receiver.hits).toSorted()).toEqual(events.toSorted())
  })

  it('and one that is killed while it runs goes on by itself and leaves nothing out', async () => {
    const { receiver, id, events } = await missed('kill.b', 60)
    const made = await replay({ filter: { webhook: id }, rate: 20 })
    await until(() => receiver.hits.length >= 25)
    await herald.kill()
    await herald.start()
    expect(await ended(made.id)).toMatchObject({ sent: 60, done: 60 })
    expect([...new Set(idsOf(receiver.hits))].toSorted()).toEqual(events.toSorted())
    expect(receiver.hits.length).toBeLessThan(60 + 10)
  })
})

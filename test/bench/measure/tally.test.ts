import { describe, expect, it } from 'vitest'
import type { LoadLog, ReceiptLog } from '../../../bench/load/plan.ts'
import { refusedForMs } from '../../../bench/measure/refusal.ts'
import { retryLatenessMs } from '../../../bench/measure/retries.ts'
import { tallyOf } from '../../../bench/measure/tally.ts'

type Posted = [postedAtMs: number, answeredAtMs: number, status: number]
type Received = [event: number, hook: number, atMs: number, status: number]

function loadLog(...events: Posted[]): LoadLog {
  return {
    postedAtMs: Float64Array.from(events.map(([at]) => at)),
    answeredAtMs: Float64Array.from(events.map(([, at]) => at)),
    status: Uint16Array.from(events.map(([, , status]) => status)),
    unsent: 0,
  }
}

function receiptLog(...requests: Received[]): ReceiptLog {
  return {
    event: Uint32Array.from(requests.map(([event]) => event)),
    hook: Uint16Array.from(requests.map(([, hook]) => hook)),
    atMs: Float64Array.from(requests.map(([, , at]) => at)),
    status: Uint16Array.from(requests.map(([, , , status]) => status)),
    foreign: 0,
  }
}

const okStatus = [202]

describe('what a load came to', () => {
  it('counts lost and duplicated deliveries by event and webhook', () => {
    const log = loadLog([0, 10, 202], [0, 10, 202], [0, 10, 503], [0, 0, 0])
    const receipts = receiptLog([0, 0, 20, 200], [0, 1, 30, 200], [1, 0, 40, 200], [0, 1, 50, 200])
    expect(tallyOf(log, receipts, { hooks: 2, okStatus })).toMatchObject({
      accepted: 2,
      refused: 1,
      failed: 1,
      delivered: 3,
      lost: 1,
      duplicated: 1,
    })
  })

  it('takes a delivery as done when it was answered 2xx, not before', () => {
    const log = loadLog([0, 10, 202])
    const receipts = receiptLog([0, 0, 15, 500], [0, 0, 60, 200])
    const tally = tallyOf(log, receipts, { hooks: 1, okStatus })
    expect(tally).toMatchObject({ delivered: 1, duplicated: 0, acceptToReceiptMs: [50, 50, 50] })
  })

  it('leaves out what was received without having been accepted', () => {
    const tally = tallyOf(loadLog([0, 0, 0]), receiptLog([0, 0, 15, 200]), { hooks: 1, okStatus })
    expect(tally).toMatchObject({ accepted: 0, delivered: 0, lost: 0, deliveredPerSecond: 0 })
  })

  it('counts a receipt before the answer as 0 ms after it', () => {
    const tally = tallyOf(loadLog([0, 10, 202]), receiptLog([0, 0, 8, 200]), { hooks: 1, okStatus })
    expect(tally).toMatchObject({ acceptToReceiptMs: [0, 0, 0], postToReceiptMs: [8, 8, 8] })
    expect(tally.deliveredPerSecond).toBe(125)
  })
})

describe('a retry', () => {
  it('is late by what is beyond the interval, and early below 0', () => {
    const receipts = receiptLog(
      [1, 0, 100, 500],
      [2, 0, 100, 500],
      [1, 0, 1_120, 200],
      [2, 0, 1_090, 200],
      [3, 0, 1_200, 200],
    )
    expect(retryLatenessMs(receipts, 1_000)).toEqual([20, -10])
  })
})

describe('the refusal after a kill', () => {
  it('ends with the answer of the first event that was posted after it and accepted', () => {
    const log = loadLog([90, 130, 202], [110, 0, 0], [120, 170, 202], [130, 160, 202])
    expect(refusedForMs(log, 100, okStatus)).toBe(60)
  })

  it('has no end where nothing was accepted', () => {
    expect(refusedForMs(loadLog([110, 120, 503]), 100, okStatus)).toBe(Infinity)
  })
})

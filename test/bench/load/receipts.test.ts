import { describe, expect, it } from 'vitest'
import { Receipts } from '../../../bench/load/receipts.ts'

const request = (hook: number, id: string) =>
  Buffer.from(`POST /hook/${hook} HTTP/1.1\r\nwebhook-id: ${id}\r\n\r\n`)

function receive(receipts: Receipts, bytes: Buffer): number {
  return receipts.receive(bytes, 0, bytes.length)
}

describe('the receiver of a bench', () => {
  it('notes event and webhook of each request', () => {
    const receipts = new Receipts('run-', { failingTenths: 0 })
    expect(receive(receipts, request(4_999, 'run-00000017'))).toBe(200)
    const { event, hook, status } = receipts.log()
    expect([[...event], [...hook], [...status]]).toEqual([[17], [4_999], [200]])
  })

  it('answers 500 once to the events that are to fail', () => {
    const receipts = new Receipts('run-', { failingTenths: 3 })
    const bytes = request(0, 'run-00000012')
    expect([receive(receipts, bytes), receive(receipts, bytes)]).toEqual([500, 200])
    expect(receive(receipts, request(0, 'run-00000013'))).toBe(200)
    expect(receipts.delivered()).toBe(2)
  })

  it('counts what belongs to another run apart', () => {
    const receipts = new Receipts('run-', { failingTenths: 0 })
    expect(receive(receipts, request(0, 'old-00000012'))).toBe(200)
    expect(receipts.log()).toMatchObject({ foreign: 1, event: new Uint32Array() })
  })
})

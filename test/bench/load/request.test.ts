import { describe, expect, it } from 'vitest'
import { newRunPrefix, readNumber, writeNumber } from '../../../bench/load/event-id.ts'
import { PreparedRequest } from '../../../bench/load/request.ts'

const target = {
  url: 'http://127.0.0.1:8080/v1/events?wait=1',
  headers: { authorization: 'Bearer key' },
  before: '[',
  event: '{"id":"__ID__","reference":"__ID__"}',
  after: ']',
  okStatus: [202],
}

describe('a prepared request', () => {
  it('has its own id for each event and the length of its body', () => {
    const request = new PreparedRequest({ target, prefix: 'run-', eventsPerRequest: 2 })
    const [head = '', body = ''] = request.of(41).toString().split('\r\n\r\n')
    expect(JSON.parse(body)).toEqual([
      { id: 'run-00000041', reference: 'run-00000041' },
      { id: 'run-00000042', reference: 'run-00000042' },
    ])
    expect(head.split('\r\n')).toEqual([
      'POST /v1/events?wait=1 HTTP/1.1',
      'host: 127.0.0.1:8080',
      'authorization: Bearer key',
      `content-length: ${body.length}`,
    ])
  })

  it('is refused where an event would have no id', () => {
    const plain = { ...target, event: '{}' }
    expect(() => new PreparedRequest({ target: plain, prefix: '', eventsPerRequest: 1 })).toThrow(
      '__ID__',
    )
  })
})

describe('the number of an event', () => {
  it('is read as it was written', () => {
    const bytes = new Uint8Array(10)
    writeNumber(bytes, 1, 12_345_678)
    expect(readNumber(bytes, 1)).toBe(12_345_678)
  })

  it('ends at the first other byte, and is none without a digit', () => {
    expect(readNumber(Buffer.from('17 HTTP'), 0, 5)).toBe(17)
    expect(readNumber(Buffer.from(' 17'), 0, 5)).toBeNaN()
  })

  it('is after a prefix that no other run has', () => {
    expect(newRunPrefix()).not.toBe(newRunPrefix())
  })
})

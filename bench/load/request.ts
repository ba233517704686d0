import { DIGITS, writeNumber } from './event-id.ts'
import type { LoadPlan } from './plan.ts'

const ID = '__ID__'

/** A request whose bytes are built once; only the numbers in its ids change. One belongs to one connection. */
export class PreparedRequest {
  private readonly bytes: Buffer
  /** Where the numbers are, those of one event after the other. */
  private readonly places: number[]
  private readonly placesPerEvent: number

  constructor({ target, prefix, eventsPerRequest }: Omit<LoadPlan, 'pace'>) {
    const id = `${prefix}${'0'.repeat(DIGITS)}`
    this.placesPerEvent = target.event.split(ID).length - 1
    if (this.placesPerEvent === 0) throw new Error(`the body of an event has no ${ID}`)
    const event = target.event.replaceAll(ID, id)
    const events = Array<string>(eventsPerRequest).fill(event).join(',')
    const body = Buffer.from(`${target.before}${events}${target.after}`)
    this.bytes = Buffer.concat([head(target, body.length), body])
    this.places = placesOf(this.bytes, Buffer.from(id)).map((at) => at + prefix.length)
  }

  /** The bytes for events from this number on, valid until the next call. */
  of(firstNumber: number): Buffer {
    for (const [index, at] of this.places.entries())
      writeNumber(this.bytes, at, firstNumber + Math.floor(index / this.placesPerEvent))
    return this.bytes
  }
}

function head({ url, headers }: LoadPlan['target'], bodyBytes: number): Buffer {
  const { host, pathname, search } = new URL(url)
  const all = { host, ...headers, 'content-length': String(bodyBytes) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

function placesOf(bytes: Buffer, text: Buffer): number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length))
    places.push(at)
  return places
}

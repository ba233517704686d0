import { randomBytes } from 'node:crypto'

/** Digits of an event's number in its id. */
export const DIGITS = 8
const ZERO = 48

/** What the ids of one run begin with, so that a late delivery of an earlier run is not taken for one of this. */
export function newRunPrefix(): string {
  return `b${randomBytes(6).toString('hex')}-`
}

/** Writes the number into the id at this place. */
export function writeNumber(bytes: Uint8Array, at: number, number: number): void {
  let left = number
  for (let digit = at + DIGITS - 1; digit >= at; digit--) {
    bytes[digit] = ZERO + (left % 10)
    left = Math.floor(left / 10)
  }
}

/** The digits at this place as a number: DIGITS of an id, or up to the first other byte; NaN where there is none. */
export function readNumber(bytes: Uint8Array, at: number, digits = DIGITS): number {
  let number = Number.NaN
  for (let place = at; place < at + digits; place++) {
    const digit = (bytes[place] ?? 0) - ZERO
    if (digit < 0 || digit > 9) break
    number = (number || 0) * 10 + digit
  }
  return number
}

import type { ASTNode, Environment } from '@marcbachmann/cel-js'
import type { Duration } from '@marcbachmann/cel-js/evaluator'
import { durationOf } from './duration-text.ts'
import { FunctionFault } from './function-fault.ts'
import { firstIndex, lastIndex } from './text-search.ts'
import { timestampAt, timestampOf } from './timestamp-text.ts'
import { wallClock } from './time-zone.ts'

/** What begins so is herald's: no filter may use the name. */
export const OURS = 'herald_'

const TIMESTAMP = 'google.protobuf.Timestamp'
const DURATION = 'google.protobuf.Duration'
const DAY_MS = 86_400_000

/** The parts of a timestamp, of a date whose fields in UTC are those to be read. */
const PARTS: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => dayOfYear(date),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
}
const DURATION_PARTS: Readonly<Record<string, (duration: Duration) => bigint>> = {
  getHours: (duration) => duration.getHours(),
  getMinutes: (duration) => duration.getMinutes(),
  getSeconds: (duration) => duration.getSeconds(),
  getMilliseconds: (duration) => duration.getMilliseconds(),
}
const REPLACED = new Set(
  ['duration', 'timestamp', 'contains', 'indexOf', 'lastIndexOf'].concat(Object.keys(PARTS)),
)

/**
 * The functions that herald has instead of the library's, under names of its own: linear, and the same in every time zone
 * of the process.
 */
export function registerOwnFunctions(environment: Environment): Environment {
  const add = (signature: string, handler: (...args: never[]) => unknown) =>
    environment.registerFunction(signature, handler)
  add(`${OURS}duration(string): ${DURATION}`, durationOf)
  add(`${OURS}timestamp(string): ${TIMESTAMP}`, timestampOf)
  add(`${OURS}timestamp(int): ${TIMESTAMP}`, timestampAt)
  for (const [name, read] of Object.entries(PARTS)) {
    add(`${TIMESTAMP}.${OURS}${name}(): int`, (date: Date) => BigInt(read(date)))
    add(`${TIMESTAMP}.${OURS}${name}(string): int`, (date: Date, zone: string) =>
      BigInt(read(wallClock(date, zone))),
    )
  }
  for (const [name, read] of Object.entries(DURATION_PARTS))
    add(`${DURATION}.${OURS}${name}(): int`, read)
  return registerSearches(environment)
}

function registerSearches(environment: Environment): Environment {
  const contains = (text: string, wanted: string) => firstIndex(text, wanted) >= 0
  environment.registerFunction(`string.${OURS}contains(string): bool`, contains)
  for (const [name, search] of [
    ['indexOf', firstIndex],
    ['lastIndexOf', lastIndex],
  ] as const) {
    const signature = `string.${OURS}${name}`
    environment
      .registerFunction(`${signature}(string): int`, (text: string, wanted: string) =>
        BigInt(search(text, wanted)),
      )
      .registerFunction(
        `${signature}(string, int): int`,
        (text: string, wanted: string, from: bigint) => {
          if (wanted === '') return from
          if (from < 0n || from >= text.length) throw new FunctionFault('an index is out of range')
          return BigInt(search(text, wanted, Number(from)))
        },
      )
  }
  return environment
}

/** Makes a parsed filter call herald's functions; to be done before it is checked. */
export function useOwnFunctions(nodes: Iterable<ASTNode>): void {
  for (const node of nodes) {
    if (node.op !== 'call' && node.op !== 'rcall') continue
    const call = node.args as [name: string, ...rest: unknown[]]
    if (REPLACED.has(call[0])) call[0] = OURS + call[0]
  }
}

/** Counted from 0, as CEL does. */
function dayOfYear(date: Date): number {
  const first = new Date(date)
  first.setUTCMonth(0, 1)
  return Math.round((date.getTime() - first.getTime()) / DAY_MS)
}

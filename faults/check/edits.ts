import type { Operation } from '../history.ts'

export type Value = Operation['value'] & {
  event: string
  webhook: string
  attempt: number
  status: number
  state: string
  attempts: { number: number; outcome: string }[]
}
type Changes = { [f in Operation['f']]?: (operation: Operation, value: Value) => Operation[] }

export const SECOND = 1e9
export const valueOf = (operation: Operation) => operation.value as Value
const isOf = (key: string) => (operation: Operation) => keyOf(operation) === key
const keyOf = (operation: Operation) =>
  `${valueOf(operation).event} to ${valueOf(operation).webhook}`
export const having = (operation: Operation, change: object): Operation => ({
  ...operation,
  value: { ...operation.value, ...change },
})
const later = (operation: Operation, ns: number, process: number): Operation => ({
  ...operation,
  time: operation.time + ns,
  process,
})

/** A delivery as a history has it: its requests with their ends, and what became of it. */
export type Delivery = {
  key: string
  begins: Operation[]
  ends: Operation[]
  final: Operation | undefined
  /** Whether it is the only one of its event. */
  isOnly: boolean
}

export function deliveries(history: readonly Operation[]): Delivery[] {
  const all = new Map<string, Delivery>()
  const ends = new Map(
    history
      .filter(({ f, type }) => f === 'receive' && type !== 'invoke')
      .map((one) => [one.process, one]),
  )
  const of = (key: string) => {
    const known = all.get(key) ?? { key, begins: [], ends: [], final: undefined, isOnly: false }
    all.set(key, known)
    return known
  }
  for (const operation of history) {
    if (operation.f === 'final') of(keyOf(operation)).final = operation
    if (operation.f !== 'receive' || operation.type !== 'invoke') continue
    const ended = ends.get(operation.process)
    const delivery = of(keyOf(operation))
    delivery.begins.push(operation)
    if (ended) delivery.ends.push(ended)
  }
  const keys = [...all.keys()]
  for (const [key, one] of all) {
    const event = key.split(' ')[0]
    one.isOnly = keys.filter((other) => other.startsWith(`${event} `)).length === 1
  }
  return [...all.values()]
}

/** The history with what these functions make of the operations of one delivery. */
export function changed(
  history: readonly Operation[],
  { key, begins }: Delivery,
  changes: Changes,
) {
  const processes = new Set(begins.map((one) => one.process))
  return history.flatMap((operation) => {
    const isOwn =
      operation.f === 'receive' ? processes.has(operation.process) : isOf(key)(operation)
    const change = isOwn ? changes[operation.f] : undefined
    return change ? change(operation, valueOf(operation)) : [operation]
  })
}

const PLANTED_PROCESS = 900_000_000

/** One request more of this delivery, so long after the end of its last one. */
export function again(history: readonly Operation[], { begins, ends }: Delivery, afterNs: number) {
  const [begin, last] = [begins.at(-1), ends.at(-1)]
  if (!begin || !last) return [...history]
  const waitNs = last.time - begin.time + afterNs
  const number = valueOf(begin).attempt + 1
  return [
    ...history,
    having(later(begin, waitNs, PLANTED_PROCESS), { attempt: number }),
    later(last, waitNs, PLANTED_PROCESS),
  ]
}

/** Puts one more attempt on record, so that only what was planted is wrong. */
export function recorded(history: readonly Operation[], delivery: Delivery): Operation[] {
  return changed(history, delivery, {
    final: (one, { attempts }) => [
      having(one, { attempts: [...attempts, { number: attempts.length + 1, outcome: 'unknown' }] }),
    ],
  })
}

/** Changes the requests of a delivery; `nth` counts them from 0, and an end is not shown. */
export function requests(
  history: readonly Operation[],
  delivery: Delivery,
  change: (begin: Operation, nth: number) => Operation[],
) {
  return changed(history, delivery, {
    receive: (one) => (one.type === 'invoke' ? change(one, delivery.begins.indexOf(one)) : [one]),
  })
}

/** Changes what is said at the end of a delivery. */
export function end(
  history: readonly Operation[],
  delivery: Delivery,
  change: (value: Value) => object,
) {
  return changed(history, delivery, { final: (one, value) => [having(one, change(value))] })
}

import type { Operation } from '../history.ts'
import {
  again,
  changed,
  deliveries,
  type Delivery,
  end,
  having,
  recorded,
  requests,
  SECOND,
  valueOf,
} from './edits.ts'

type Break = {
  name: string
  /** Which kind of wrong it is to be found as. */
  as: string
  /** Whether it can be planted in this delivery. */
  fits: (delivery: Delivery) => boolean
  plant: (history: readonly Operation[], delivery: Delivery) => Operation[]
}

const state = ({ final }: Delivery) => (final ? valueOf(final).state : '')
const isDelivered = (delivery: Delivery) =>
  state(delivery) === 'delivered' && delivery.begins.length === delivery.ends.length
const isSingle = (delivery: Delivery) => isDelivered(delivery) && delivery.begins.length === 1
const isRetried = (delivery: Delivery) => isDelivered(delivery) && delivery.begins.length > 1
const webhookOf = ({ begins }: Delivery) => begins[0] && valueOf(begins[0]).webhook
/** Breaks of a good history, each of which the checker must find. */
export const BREAKS: readonly Break[] = [
  {
    name: 'an accepted event that nobody received and nobody knows',
    as: 'lost',
    fits: isSingle,
    plant: (history, one) => changed(history, one, { receive: () => [], final: () => [] }),
  },
  {
    name: 'a delivery that is said to be delivered and never came',
    as: 'lost',
    fits: isSingle,
    plant: (history, one) => changed(history, one, { receive: () => [] }),
  },
  {
    name: 'a delivery that is still owed at the end',
    as: 'lost',
    fits: isSingle,
    plant: (history, one) => end(history, one, () => ({ state: 'retrying' })),
  },
  {
    name: 'a failure without a reason',
    as: 'lost',
    fits: (one) => state(one) === 'failed',
    plant: (history, one) => end(history, one, () => ({ reason: undefined })),
  },
  {
    name: 'a second request after a success',
    as: 'duplicated',
    fits: isSingle,
    plant: (history, one) => recorded(again(history, one, 2 * SECOND), one),
  },
  {
    name: 'a request that begins while another one is open',
    as: 'duplicated',
    fits: isSingle,
    plant: (history, one) => recorded(again(history, one, -10e6), one),
  },
  {
    name: 'a retry before its time',
    as: 'schedule',
    fits: isRetried,
    plant: (history, one) =>
      requests(history, one, (begin, nth) => {
        const before = one.ends[nth - 1]
        return [nth === 1 && before ? { ...begin, time: before.time + SECOND / 2 } : begin]
      }),
  },
  {
    name: 'a delivery that is given up before its schedule is used up',
    as: 'schedule',
    fits: (one) => state(one) === 'failed' && one.begins.length > 1,
    plant: (history, one) =>
      end(history, one, ({ attempts }) => ({ attempts: attempts.slice(0, 1) })),
  },
  {
    name: 'other bytes in a retry',
    as: 'corrupt',
    fits: isRetried,
    plant: (history, one) =>
      requests(history, one, (begin, nth) => [nth === 1 ? having(begin, { sha256: 'x' }) : begin]),
  },
  {
    name: 'another delivery id in a retry',
    as: 'corrupt',
    fits: isRetried,
    plant: (history, one) =>
      requests(history, one, (begin, nth) => [
        nth === 1 ? having(begin, { delivery: 'x' }) : begin,
      ]),
  },
  {
    name: 'other data than was published',
    as: 'corrupt',
    fits: isSingle,
    plant: (history, one) => requests(history, one, (begin) => [having(begin, { proof: 'x' })]),
  },
  {
    name: 'a signature that is wrong',
    as: 'corrupt',
    fits: isSingle,
    plant: (history, one) => requests(history, one, (begin) => [having(begin, { signed: false })]),
  },
  {
    name: 'a hole in the numbers on record',
    as: 'numbers',
    fits: isRetried,
    plant: (history, one) => end(history, one, ({ attempts }) => ({ attempts: attempts.slice(1) })),
  },
  {
    name: 'a number that is used twice',
    as: 'numbers',
    fits: isRetried,
    plant: (history, one) =>
      requests(history, one, (begin, nth) => [nth === 1 ? having(begin, { attempt: 1 }) : begin]),
  },
  {
    name: 'a request that is on no record',
    as: 'numbers',
    fits: isSingle,
    plant: (history, one) => requests(history, one, (begin) => [having(begin, { attempt: 7 })]),
  },
  {
    name: 'an event id that nobody published',
    as: 'unexpected',
    fits: isSingle,
    plant: (history, one) => requests(history, one, (begin) => [having(begin, { event: 'x' })]),
  },
  {
    name: 'an event at a webhook that does not want it',
    as: 'unexpected',
    fits: (one) => isSingle(one) && one.isOnly && webhookOf(one) === 'healthy',
    plant: (history, one) =>
      requests(history, one, (begin) => [having(begin, { webhook: 'dead' })]),
  },
  {
    name: 'a request after its delivery was cancelled',
    as: 'cancelled',
    fits: (one) => state(one) === 'cancelled' && one.begins.length === one.ends.length,
    plant: (history, one) => again(history, one, 60 * SECOND),
  },
  {
    name: 'one request more than the limit within its time',
    as: 'rate',
    fits: (one) => isSingle(one) && webhookOf(one) === 'limited',
    plant: crowded,
  },
]

/** All requests to the limited webhook half as far apart from the first on, which is here. */
function crowded(history: readonly Operation[]): Operation[] {
  const isLimited = (one: Operation) => one.f === 'receive' && valueOf(one).webhook === 'limited'
  const first = history.find(isLimited)?.time ?? 0
  return history.map((one) =>
    isLimited(one) ? { ...one, time: Math.round(first + (one.time - first) / 50) } : one,
  )
}

export type Planted = { name: string; as: string; history: Operation[] }

/** The history with each break that fits somewhere in it, at the delivery that `choose` takes. */
export function planted(
  history: readonly Operation[],
  choose: (all: Delivery[]) => Delivery | undefined,
): Planted[] {
  const all = deliveries(history)
  return BREAKS.flatMap(({ name, as, fits, plant }) => {
    const where = choose(all.filter(fits))
    if (!where) return []
    const broken = plant(history, where).toSorted((a, b) => a.time - b.time)
    return [{ name, as, history: broken }]
  })
}

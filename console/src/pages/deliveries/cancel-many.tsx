import { useRef, useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { call } from '../../api/call.ts'
import { useAnswer } from '../../api/queries.ts'
import { countText, plural } from '../../format/number.ts'
import { isOpen, OPEN_STATES } from '../../format/state.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { type DeliveryFilters, queryOf } from './filters.ts'

type Count = { count: number; more: boolean }
type Props = { filters: DeliveryFilters; close: () => void }

/** Ends the remaining attempts of all that the filter chooses and is open; asks once, and shows how far it is. */
export function CancelMany({ filters, close }: Props) {
  // what comes after the question is not meant
  const [until] = useState(() => new Date().toISOString())
  const filter = { ...filterOf(filters), to: filters.to ?? until }
  const { state } = filters
  if (state && !isOpen(state))
    return (
      <div className="note row">
        Deliveries that are {state} have no attempt left to cancel.
        <button type="button" className="link-button" onClick={close}>
          Close
        </button>
      </div>
    )
  return <Question filter={filter} close={close} />
}

function Question({ filter, close }: { filter: ReturnType<typeof filterOf>; close: () => void }) {
  const [done, setDone] = useState(0)
  const isStopped = useRef(false)
  const known = useOpen(filter)
  const cancel = useAction(async () => {
    for (let more = true; more && !isStopped.current;) {
      const answer = await call<{ cancelled: number; more: boolean }>('/v1/deliveries/cancel', {
        method: 'POST',
        body: { filter },
      })
      setDone((before) => before + answer.cancelled)
      more = answer.more && answer.cancelled > 0
    }
    close()
  })
  const isKnown = known !== undefined
  const deliveries = isKnown ? `${countText(known.count)}${known.more ? '+' : ''} deliveries` : '…'
  return (
    <Confirm
      act={
        cancel.isPending
          ? `${plural(done, 'delivery', 'deliveries')} cancelled`
          : `Cancel ${deliveries}`
      }
      keep={cancel.isPending ? 'Stop here' : 'Keep as it is'}
      isDangerous
      isBusy={cancel.isPending || !isKnown}
      error={cancel.error}
      confirm={() => cancel.mutate(undefined)}
      cancel={() => {
        isStopped.current = true
        close()
      }}
    >
      The remaining attempts of {deliveries} that match and are {filter.state ?? 'not finished'}{' '}
      end. Requests under way still count. They can be redelivered later.
    </Confirm>
  )
}

/** How many open deliveries a filter chooses; undefined while that is being counted. */
function useOpen(filter: ReturnType<typeof filterOf>): Count | undefined {
  const counts = [
    useCount(filter, 'pending'),
    useCount(filter, 'retrying'),
    useCount(filter, 'held'),
  ]
  const meant = counts.filter(
    (_count, index) => !filter.state || OPEN_STATES[index] === filter.state,
  )
  if (meant.some((one) => one === undefined)) return undefined
  return {
    count: meant.reduce((sum, one) => sum + (one?.count ?? 0), 0),
    more: meant.some((one) => one?.more),
  }
}

function useCount(filter: ReturnType<typeof filterOf>, state: (typeof OPEN_STATES)[number]) {
  const { data, isPlaceholderData } = useAnswer<Count>('/v1/deliveries/count', {
    query: { ...filter, state },
  })
  return isPlaceholderData ? undefined : data
}

/** Numbers are numbers in a body. */
function filterOf(filters: DeliveryFilters) {
  const { status, attempts, ...texts } = queryOf(filters)
  return {
    ...(texts as { state?: string }),
    ...(status && { status: Number(status) }),
    ...(attempts && { attempts: Number(attempts) }),
  }
}

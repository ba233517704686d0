import { useEffect, useRef, useState } from 'react'
import { withQuery } from './call.ts'
import type { DeliverySummary } from './types.ts'

const KEPT_MAX = 500
const SHOWN_EVERY_MS = 250
const AGAIN_MS = 3_000

export type Tail = {
  state: 'off' | 'connecting' | 'live' | 'lost'
  /** Newest first. */
  waiting: DeliverySummary[]
  /** Gives what waits, and waits anew. */
  take: () => DeliverySummary[]
}
type Heard = { onState: (state: Tail['state']) => void; onDelivery: (one: DeliverySummary) => void }

/** Deliveries as they come; they wait until somebody takes them, so that no row moves under the pointer. */
export function useTail(query: Record<string, string | undefined>, on: boolean): Tail {
  const [state, setState] = useState<Tail['state']>('off')
  const [waiting, setWaiting] = useState<DeliverySummary[]>([])
  const latest = useRef<DeliverySummary[]>([])
  const url = withQuery('/v1/deliveries/tail', query)
  useEffect(() => {
    latest.current = []
    setWaiting([])
    if (!on) return setState('off')
    const close = listen(url, {
      onState: setState,
      onDelivery: (one) => {
        latest.current = [one, ...latest.current].slice(0, KEPT_MAX)
      },
    })
    // a burst is one change of the screen
    const timer = setInterval(() => setWaiting(latest.current), SHOWN_EVERY_MS)
    return () => {
      clearInterval(timer)
      close()
    }
  }, [url, on])
  const take = () => {
    const taken = latest.current
    latest.current = []
    setWaiting([])
    return taken
  }
  return { state, waiting, take }
}

/** Listens until it is closed; a stream that the browser has given up is opened anew. */
function listen(url: string, { onState, onDelivery }: Heard): () => void {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  const open = () => {
    onState('connecting')
    source = new EventSource(url)
    source.addEventListener('open', () => onState('live'))
    source.addEventListener('error', () => {
      onState('lost')
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS)
    })
    source.addEventListener('delivery', ({ data }: MessageEvent<string>) =>
      onDelivery(JSON.parse(data) as DeliverySummary),
    )
  }
  open()
  return () => {
    clearTimeout(timer)
    source.close()
  }
}

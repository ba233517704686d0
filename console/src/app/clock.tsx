import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import type { Zone } from '../format/time.ts'

type Clock = { nowMs: number; zone: Zone; setZone: (zone: Zone) => void }

const Context = createContext<Clock>({ nowMs: Date.now(), zone: 'local', setZone: () => undefined })
const STORED = 'herald.zone'

/** The time, every second, and whether people read it in UTC or in their own zone. */
export function ClockProvider({ children }: { children: ReactNode }) {
  const [nowMs, setNowMs] = useState(() => Date.now())
  const [zone, setZone] = useState<Zone>(() =>
    localStorage.getItem(STORED) === 'UTC' ? 'UTC' : 'local',
  )
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const clock = useMemo(
    () => ({
      nowMs,
      zone,
      setZone: (chosen: Zone) => {
        localStorage.setItem(STORED, chosen)
        setZone(chosen)
      },
    }),
    [nowMs, zone],
  )
  return <Context value={clock}>{children}</Context>
}

export function useClock(): Clock {
  return useContext(Context)
}

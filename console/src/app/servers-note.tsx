import { useQuery } from '@tanstack/react-query'
import type { Readiness } from '../api/types.ts'

const LOOK_MS = 5_000

type Servers = { herald: boolean; mongo: boolean; temporal: boolean; worker: boolean }

/** Which servers answer; herald says so of the others, and this page of herald. */
export function useServers() {
  return useQuery({
    queryKey: ['/readyz'],
    queryFn: async ({ signal }): Promise<Servers> => {
      const response = await fetch('/readyz', { signal }).catch(() => undefined)
      const body = (await response?.json().catch(() => undefined)) as Readiness | undefined
      if (!body?.checks) return { herald: false, mongo: false, temporal: false, worker: false }
      const { mongo, temporal, worker } = body.checks
      return { herald: true, mongo: mongo.ok, temporal: temporal.ok, worker: worker.ok }
    },
    refetchInterval: LOOK_MS,
    retry: false,
  })
}

/** Says which server is away, on every page, until it is back. */
export function ServersNote() {
  const { data } = useServers()
  if (!data) return null
  const away = data.herald ? awayOf(data) : 'herald does not answer'
  if (!away) return null
  return (
    <div className="note note-bad" role="status" style={{ marginBottom: 16 }}>
      {away}. What is shown may be old; this page goes on by itself when it is back.
    </div>
  )
}

function awayOf({ mongo, temporal, worker }: Servers): string | undefined {
  const names = [!mongo && 'MongoDB', !temporal && 'Temporal'].filter((name) => name !== false)
  if (names.length > 0)
    return `${names.join(' and ')} ${names.length > 1 ? 'do' : 'does'} not answer`
  return worker ? undefined : 'No worker of this herald is ready'
}

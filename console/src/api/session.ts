import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { ApiProblem, call, problemOf } from './call.ts'
import { keepSession } from './session-store.ts'
import type { BegunSession, Session } from './types.ts'

const KEY = ['/session']
const RANKS = { ingest: 0, viewer: 1, operator: 2, admin: 3 } as const

/** Who is logged in; null: nobody. */
export function useSession() {
  const client = useQueryClient()
  useEffect(() => keepSession({ lost: () => client.setQueryData(KEY, null) }), [client])
  return useQuery({
    queryKey: KEY,
    queryFn: async () => {
      const session = await call<Session>('/session').catch((error: unknown) => {
        if (error instanceof ApiProblem && error.problem.status === 401) return null
        throw error
      })
      if (session?.csrf) keepSession({ csrf: session.csrf })
      return session
    },
    staleTime: Infinity,
  })
}

/** Whether who is logged in may do what this role may; what one may not do is not shown. */
export function useMay(needed: 'viewer' | 'operator' | 'admin'): boolean {
  const { data } = useSession()
  return data ? RANKS[data.role] >= RANKS[needed] : false
}

/** Begins a session; a first-run token makes the first admin key, whose value is in the answer this once. */
export async function logIn(given: { key: string } | { token: string }): Promise<BegunSession> {
  const begun = await call<BegunSession>('/session', { method: 'POST', body: given })
  if (begun.csrf) keepSession({ csrf: begun.csrf })
  return begun
}

const others = {
  predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[0] !== KEY[0],
}

/** Nothing that another one was shown is left, and the value of a first key is kept nowhere. */
export function useEnter() {
  const client = useQueryClient()
  return ({ key, role, tenant, csrf }: Session) => {
    client.removeQueries(others)
    client.setQueryData(KEY, { key, role, tenant, csrf })
  }
}

/** Throws where herald did not hear of it: then the session lives on. */
export function useLogout() {
  const client = useQueryClient()
  return async () => {
    await call('/session', { method: 'DELETE' }).catch((error: unknown) => {
      if (problemOf(error).status !== 401) throw error
    })
    client.setQueryData(KEY, null)
    client.removeQueries(others)
  }
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from './call.ts'

/** Something that changes herald; lists and details are read again when it is done. */
export function useAction<Input, Result>(action: (input: Input) => Promise<Result>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: action,
    onSettled: () => {
      void client.invalidateQueries()
    },
  })
}

/** `POST` of a path without a body. */
export function usePost<Result>() {
  return useAction((path: string) => call<Result>(path, { method: 'POST', body: {} }))
}

/** An ETag as If-Match wants it. */
export function ifMatch(version: number): Record<string, string> {
  return { 'if-match': `"${version}"` }
}

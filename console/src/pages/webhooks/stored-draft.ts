import { useCallback, useEffect, useState } from 'react'
import type { Webhook } from '../../api/types.ts'
import type { Draft } from './draft.ts'

/** Secrets are typed again after a reload: they are kept nowhere. */
const FORGOTTEN = { apiKeyValue: '', secret: '', headers: [] } satisfies Partial<Draft>

type Stored = {
  draft: Partial<Draft>
  /** The webhook that it changes, as it was opened: what others change meanwhile is noticed, not overwritten. */
  opened?: Webhook
}

/** A form's draft, which outlasts reloads and a lost session until it is saved or left. */
export function useStoredDraft(key: string, first: Draft, opened?: Webhook) {
  const [draft, setDraft] = useState<Draft>(() => ({ ...first, ...readStored(key)?.draft }))
  const [isDirty, setDirty] = useState(() => readStored(key) !== undefined)
  const set = useCallback((change: Partial<Draft>) => {
    setDirty(true)
    setDraft((before) => ({ ...before, ...change }))
  }, [])
  useEffect(() => {
    if (!isDirty) return
    const stored: Stored = { draft: withoutSecrets(draft), ...(opened && { opened }) }
    sessionStorage.setItem(key, JSON.stringify(stored))
  }, [key, draft, isDirty, opened])
  const forget = useCallback(() => {
    setDirty(false)
    sessionStorage.removeItem(key)
  }, [key])
  return { draft, set, isDirty, forget }
}

/** The webhook that a draft of this key changes. */
export function storedOpened(key: string): Webhook | undefined {
  return readStored(key)?.opened
}

/** The URL of an incoming Slack webhook is itself a secret. */
function withoutSecrets(draft: Draft): Partial<Draft> {
  const { url, ...rest } = { ...draft, ...FORGOTTEN }
  const isSecret = draft.type === 'slack' || url.includes('hooks.slack.com')
  return isSecret ? rest : { ...rest, url }
}

function readStored(key: string): Stored | undefined {
  const text = sessionStorage.getItem(key)
  if (!text) return undefined
  const stored = JSON.parse(text) as Stored
  const { apiKeyValue: _key, secret: _secret, headers: _headers, ...draft } = stored.draft
  return { ...stored, draft }
}

import type { Target } from '../../delivery/types.ts'
import { respelled } from './headers.ts'

/** Objects whose other fields mean nothing once this field changes. */
const KINDS: Record<string, string> = { target: 'type', retry: 'type', signature: 'scheme' }

type Stored = Record<string, unknown> & { target: Target }

/**
 * RFC 7396, and two rules more: an object of another kind (a `retry` of another `type`) replaces the
 * stored one whole, since the fields of the old kind mean nothing in the new one; and names of headers have no case.
 */
export function mergeWebhookPatch(
  stored: Stored,
  patch: Record<string, unknown>,
): Record<string, unknown> {
  const headers = isObject(patch['target']) ? patch['target']['headers'] : undefined
  const names = isObject(headers) ? Object.keys(headers) : []
  const base: Record<string, unknown> = { ...stored, target: respelled(stored.target, names) }
  for (const [name, kind] of Object.entries(KINDS)) {
    const change = patch[name]
    const old = base[name]
    if (isObject(change) && isObject(old) && kind in change && change[kind] !== old[kind])
      delete base[name]
  }
  return mergePatch(base, patch) as Record<string, unknown>
}

/** RFC 7396: objects merge, null removes, anything else replaces. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

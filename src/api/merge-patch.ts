/** Objects whose other fields mean nothing once this field changes. */
const KINDS: Record<string, string> = { target: 'type', retry: 'type', signature: 'scheme' }

/**
 * RFC 7396, and one rule more: an object of another kind (a `retry` of another `type`) replaces the
 * stored one whole, since the fields of the old kind mean nothing in the new one.
 */
export function mergeWebhookPatch(
  stored: Record<string, unknown>,
  patch: Record<string, unknown>,
): Record<string, unknown> {
  const base = { ...stored }
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

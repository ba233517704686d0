import { isOperatorEvent } from './operator-events.ts'

/**
 * Whether a pattern of a webhook (`customer_tag_add`, `process_*`, `*`) names this event type.
 * `*` stands for any characters, also none. Linear in both texts, whatever the pattern.
 */
export function matchesPattern(pattern: string, type: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return pattern === type
  if (!type.startsWith(head) || type.length < head.length + tail.length) return false
  let from = head.length
  for (const part of rest) {
    const at = type.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return type.endsWith(tail) && type.length - tail.length >= from
}

/** Whether a webhook that lists these patterns wants this event type. What herald itself says is named by `herald.…` only. */
export function wantsType(patterns: readonly string[], type: string): boolean {
  const named = isOperatorEvent(type) ? patterns.filter(isOperatorEvent) : patterns
  return named.some((pattern) => matchesPattern(pattern, type))
}

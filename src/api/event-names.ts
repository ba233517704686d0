/** The names that the spektr guide uses, and the type on the wire (product.md §7). */
const WIRE_TYPES: Record<string, string> = {
  PROCESS_RUN_START: 'process_run_start',
  PROCESS_RUN_END: 'process_run_end',
  STEP_INIT: 'step_init',
  STEP_SUBMIT: 'step_submit',
  SERVICE_RUN: 'service_run',
  ALERT_CREATED: 'alert_created',
  ALERT_RESOLVED: 'alert_resolved',
  CUSTOMER_TAG_ADDED: 'customer_tag_add',
  CUSTOMER_TAG_REMOVED: 'customer_tag_remove',
  CUSTOMER_STATUS_CHANGED: 'customer_status_changed',
}

/** A webhook's patterns with the guide's names replaced by wire types, each once. */
export function wirePatterns(patterns: readonly string[]): string[] {
  return [...new Set(patterns.map((pattern) => WIRE_TYPES[pattern] ?? pattern))]
}

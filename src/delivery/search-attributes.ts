/** Name and Temporal type of each search attribute that herald registers and sets; never `Status`, which Temporal Web uses. */
export const SEARCH_ATTRIBUTE_TYPES = {
  EventType: 'KeywordList',
  WebhookIds: 'KeywordList',
  Tenants: 'KeywordList',
  EventId: 'Keyword',
  DeliveryState: 'Keyword',
} as const

/** Distinct values that a KeywordList attribute gets at most. */
export const SEARCH_ATTRIBUTE_MAX = 50

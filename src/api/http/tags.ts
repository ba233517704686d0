/** What the routes are for, in the order in which one comes to need them. */
export const TAGS = {
  Events: 'Post what happened, alone or in batches, and see what became of it.',
  Webhooks: 'Who gets which events, where, how signed and how often tried again.',
  Deliveries: 'One event for one webhook: its attempts; send it again, or end it.',
  Replays: 'Many deliveries sent again, chosen by a filter, at a rate.',
  Problems: 'What fails at the moment, grouped by webhook and code.',
  'Event types': 'The catalogue: names, JSON Schemas and examples of events.',
  Stats: 'Counts, charts and what is still owed.',
  Settings: 'What holds for a tenant, and where requests may go.',
  'API keys': 'Who may use the API, in which role.',
  Audit: 'Who changed what.',
  Session: 'Log in to the console.',
  Health: 'Whether herald runs and reaches its servers.',
  Codec: 'Payloads for Temporal Web, which sees them encrypted.',
} as const

export type Tag = keyof typeof TAGS

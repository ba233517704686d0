/** What other resources may use of events. */
export { firstAttempts, onceAccepted, preferredWaitSeconds } from './first-attempts.ts'
export { EVENT_EXAMPLE, eventInputSchema, eventOf, eventTypeSchema } from './ingest-body.ts'
export { accept } from './accept.ts'

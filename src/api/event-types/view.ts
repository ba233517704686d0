/** What other resources may use of event types. */
export { CatalogueCache } from './cache.ts'
export { refuseReserved } from './reserved.ts'
export { findEventType } from './types.ts'

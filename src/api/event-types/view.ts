/** What other resources may use of event types. */
export { CatalogueCache } from './cache.ts'
export { refuseReserved } from './reserved.ts'
export { allEventTypes, findEventType } from './types.ts'
export { unknownTypeWarnings } from './unknown-types.ts'

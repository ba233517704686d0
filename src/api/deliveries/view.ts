/** What other resources may use of deliveries. */
export { deliveryFilterFields } from './filter.ts'
export { deliveryBodyOf, findDelivery } from './read.ts'
export { nextRound, temporalUnavailable } from './redelivery.ts'
export * from './shape.ts'

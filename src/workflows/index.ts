export { deliverEvents } from './deliver-events.ts'
export { rateLimit } from './rate-limit.ts'
export { redeliver } from './redeliver.ts'
export { rerun } from './rerun.ts'

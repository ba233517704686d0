export { deliverEvents } from './deliver-events.ts'
export { redeliver } from './redeliver.ts'
export { rerun } from './rerun.ts'

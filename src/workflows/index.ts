export { deliverEvents } from './deliver-events.ts'
export { redeliver } from './redeliver.ts'
export { redeliverBatch } from './redeliver-batch.ts'
export { replay } from './replay.ts'

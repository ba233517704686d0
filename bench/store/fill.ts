import { defineModels, openModels } from '../../src/models/connect.ts'
import type { DeliveryDocument } from '../../src/models/deliveries/document.ts'
import type { EventDocument } from '../../src/models/event.ts'
import { storedPair } from './rows.ts'

const AT_ONCE = 1_000
const TOLD_EACH = 100_000

/** Puts so many events, each with one delivery, into herald's database past herald, which only reads them. */
export async function fillStore(
  mongoUri: string,
  count: number,
  say: (line: string) => void,
): Promise<void> {
  const models = defineModels()
  await openModels(models, mongoUri)
  try {
    // past mongoose: a million documents need no casting
    const events = models.connection.collection<EventDocument>('events')
    const deliveries = models.connection.collection<DeliveryDocument>('deliveries')
    const nowMs = Date.now()
    for (let from = 0; from < count; from += AT_ONCE) {
      const pairs = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, n) =>
        storedPair(from + n, { count, nowMs }),
      )
      await Promise.all([
        events.insertMany(pairs.map(({ event }) => event)),
        deliveries.insertMany(pairs.map(({ delivery }) => delivery)),
      ])
      const stored = from + pairs.length
      if (stored % TOLD_EACH === 0) say(`${stored} deliveries are stored`)
    }
  } finally {
    await models.connection.close()
  }
}

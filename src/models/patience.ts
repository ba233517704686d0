import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'

const {
  MongoBulkWriteError,
  MongoNetworkError,
  MongoServerSelectionError,
  MongoServerError,
  MongoTopologyClosedError,
} = mongoose.mongo
const TRANSIENT_CODES = new Set([6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436])
const PAUSE_MS = 200

/** Whether the server was away or in transition, so that the same operation may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof MongoTopologyClosedError) return false
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true
  if (error instanceof mongoose.Error.MongooseServerSelectionError) return true
  // the driver wraps a lost connection like this: no operation is named, none has been carried out for sure
  if (error instanceof MongoBulkWriteError && error.code === undefined)
    return [error.writeErrors].flat().length === 0
  if (error instanceof MongoServerError) return TRANSIENT_CODES.has(Number(error.code))
  if (!(error instanceof Error)) return false
  // the last is mongoose's, before the first connection: it has no class of its own
  return (
    /^Mongo(PoolCleared|WaitQueueTimeout|NotConnected)/.test(error.name) ||
    error.message.includes('before initial connection is complete')
  )
}

/** Runs an idempotent operation until MongoDB answers; other errors, and the signal's abort, are thrown. */
export async function patiently<T>(operation: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await operation()
    } catch (error) {
      if (!isUnavailable(error)) throw error
      await sleep(PAUSE_MS, undefined, signal ? { signal } : {})
    }
  }
}

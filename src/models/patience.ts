import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'

const { mongo, Error: MongooseErrors } = mongoose
const PAUSE_MS = 200

/** Server error codes of a node that is going, coming, full, not the primary, or without its majority. */
const AWAY = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  43, // CursorNotFound: it was another node's, or from before its start
  64, // WriteConcernTimeout
  89, // NetworkTimeout
  91, // ShutdownInProgress
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  262, // ExceededTimeLimit
  9001, // SocketException
  10058, // LegacyNotPrimary
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11602, // InterruptedDueToReplStateChange
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
  14031, // OutOfDiskSpace
])
/** By which server and driver say themselves that the same operation may succeed later. */
const LABELS = ['RetryableWriteError', 'RetryableError', 'SystemOverloadedError']
/** The driver does not export these classes. */
const POOL_ERRORS = new Set(['MongoWaitQueueTimeoutError', 'MongoPoolClosedError'])
/** This process has closed the connection. */
const CLOSED = [
  mongo.MongoTopologyClosedError,
  mongo.MongoNotConnectedError,
  mongo.MongoClientClosedError,
  mongo.MongoExpiredSessionError,
]

/**
 * Whether MongoDB was away or in transition, so that the same operation may succeed later; what an error was caused by,
 * and what a bulk write says of its operations, counts as well.
 */
export function isUnavailable(error: unknown): boolean {
  return within(error).some((one) => isAway(one) || isClosed(one))
}

/** Runs an idempotent operation until MongoDB answers; other errors, a closed connection's and the signal's abort are thrown. */
export async function patiently<T>(operation: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await operation()
    } catch (error) {
      if (!isUnavailable(error) || within(error).some(isClosed)) throw error
      await sleep(PAUSE_MS, undefined, signal ? { signal } : {})
    }
  }
}

function isAway(error: object): boolean {
  if (error instanceof mongo.MongoNetworkError) return true
  if (error instanceof mongo.MongoServerSelectionError) return true
  if (error instanceof MongooseErrors.MongooseServerSelectionError) return true
  if (error instanceof mongo.MongoServerError && codesOf(error).some((code) => AWAY.has(code)))
    return true
  if (error instanceof mongo.MongoError)
    return POOL_ERRORS.has(error.name) || LABELS.some((label) => error.hasErrorLabel(label))
  // mongoose's, before the first connection: it has no class of its own
  return (
    error instanceof MongooseErrors &&
    error.message.includes('before initial connection is complete')
  )
}

/** Of a bulk write also that of each operation. */
function codesOf(error: mongoose.mongo.MongoServerError): number[] {
  const each = error instanceof mongo.MongoBulkWriteError ? [error.writeErrors].flat() : []
  return [error, ...each].map(({ code }) => Number(code))
}

function isClosed(error: object): boolean {
  return CLOSED.some((closed) => error instanceof closed)
}

/** The error, what it wraps, and what that wraps. */
function within(error: unknown): object[] {
  const found = new Set<object>()
  const next = [error]
  while (next.length > 0) {
    const one = next.pop()
    if (typeof one !== 'object' || one === null || found.has(one)) continue
    found.add(one)
    if ('cause' in one) next.push(one.cause)
    if (one instanceof mongo.MongoServerError) next.push(one.errorResponse)
  }
  return [...found]
}

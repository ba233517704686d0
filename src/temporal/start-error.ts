import { isGrpcServiceError } from '@temporalio/client'
import { EventTooLarge, IngestUnavailable } from '../ingest/types.ts'

/** gRPC status codes. */
const INVALID_ARGUMENT = 3
const NOT_FOUND = 5
const RESOURCE_EXHAUSTED = 8

/** An error of a start in the words of ingest. */
export function ingestError(error: unknown): Error {
  if (error instanceof IngestUnavailable) return error
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (isGrpcServiceError(cause)) {
    const size = /exceeds|too large|larger than/i.test(cause.details || cause.message)
    const code: number = cause.code
    if (size && [INVALID_ARGUMENT, RESOURCE_EXHAUSTED].includes(code))
      return new EventTooLarge('The event is too large for a workflow once it is encoded.')
    if ([NOT_FOUND, INVALID_ARGUMENT].includes(code))
      return new IngestUnavailable(
        `Temporal refused the start (run herald setup?): ${cause.details}`,
      )
  }
  return new IngestUnavailable('Temporal did not take the event.')
}

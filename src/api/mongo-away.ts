import mongoose from 'mongoose'

const { mongo, Error: MongooseErrors } = mongoose

/** Whether the error says that MongoDB cannot be reached now, rather than that the request is wrong. */
export function mongoIsAway(error: unknown): boolean {
  if (error instanceof mongo.MongoError)
    return (
      error instanceof mongo.MongoNetworkError ||
      error instanceof mongo.MongoServerSelectionError ||
      error instanceof mongo.MongoNotConnectedError ||
      error instanceof mongo.MongoTopologyClosedError ||
      error.hasErrorLabel('RetryableWriteError')
    )
  // With `bufferCommands: false` a command before the first connection is a plain MongooseError.
  return (
    error instanceof MongooseErrors.MongooseServerSelectionError ||
    (error instanceof MongooseErrors && error.name === 'MongooseError')
  )
}

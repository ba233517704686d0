import mongoose, { type Model } from 'mongoose'

/** What MongoDB said of a document that it did not take. */
export type Refusal = { index: number; code: number; errmsg: string }

const DUPLICATE_KEY = 11_000

/**
 * Inserts documents as they are, each by itself, and gives what was refused of them; whoever sends them again finds those
 * that were stored as duplicates. The command itself: the driver's insertMany serializes every document twice, to know its
 * size, which was a tenth of what an event costs. So the caller sees to it that all of them are at most 40 MB.
 * Throws what is said of the command as a whole.
 */
export async function insertDocuments<T extends object>(
  model: Model<T>,
  documents: T[],
): Promise<Refusal[]> {
  const { db } = model.db
  if (!db) throw new mongoose.mongo.MongoNotConnectedError('the connection was never opened')
  const command = {
    insert: model.collection.name,
    documents,
    ordered: false,
    writeConcern: { w: 'majority', j: true },
  }
  const answer = (await db.command(command, { ignoreUndefined: true })) as {
    writeErrors?: Refusal[]
    writeConcernError?: object
  }
  if (answer.writeConcernError) throw new mongoose.mongo.MongoServerError(answer.writeConcernError)
  return answer.writeErrors ?? []
}

/** Whether it was refused because it is stored already. */
export function isThere({ code }: Refusal): boolean {
  return code === DUPLICATE_KEY
}

/** What was refused, as the driver would throw it. */
export function refusalError(refusal: Refusal): Error {
  return new mongoose.mongo.MongoServerError(refusal)
}

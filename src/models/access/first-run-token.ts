import { Schema } from 'mongoose'
import { sha256 } from '../../ids.ts'
import type { Models } from '../connect.ts'

const LIFE_MS = 3_600_000
const ONLY = 'first-run'

/** What logs in once where no admin key is there yet; a new one takes the place of the last. */
export type FirstRunTokenDocument = {
  _id: typeof ONLY
  /** SHA-256 of the token, hex. */
  hash: string
  createdAt: Date
  /** MongoDB deletes it some time after this. */
  expiresAt: Date
}

export const firstRunTokenSchema = new Schema<FirstRunTokenDocument>(
  {
    _id: { type: String, required: true },
    hash: { type: String, required: true },
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'first_run_tokens', versionKey: false, autoIndex: false },
)
firstRunTokenSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 })

type Tokens = Pick<Models, 'firstRunTokens'>

/** Stores a token by its hash, for an hour, in place of the last; the end of that hour. */
export async function storeFirstRunToken(
  { firstRunTokens }: Tokens,
  token: string,
  now: Date,
): Promise<Date> {
  const expiresAt = new Date(now.getTime() + LIFE_MS)
  const fields = { hash: sha256(token), createdAt: now, expiresAt }
  await firstRunTokens.updateOne({ _id: ONLY }, { $set: fields }, { upsert: true })
  return expiresAt
}

/** Uses the token up: true for one caller only, and only while it lives. */
export async function takeFirstRunToken(
  { firstRunTokens }: Tokens,
  token: string,
  now: Date,
): Promise<boolean> {
  const live = { _id: ONLY, hash: sha256(token), expiresAt: { $gt: now } } as const
  return (await firstRunTokens.findOneAndDelete(live)) !== null
}

/** From now on no first-run token logs in. */
export async function voidFirstRunToken({ firstRunTokens }: Tokens): Promise<void> {
  await firstRunTokens.deleteOne({ _id: ONLY })
}

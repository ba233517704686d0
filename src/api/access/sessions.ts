import { randomBytes } from 'node:crypto'
import { sha256 } from '../../ids.ts'
import type { SessionDocument } from '../../models/access/session.ts'
import type { ApiDependencies } from '../dependencies.ts'

const SESSION_MS = 12 * 3_600_000

type Deps = Pick<ApiDependencies, 'models' | 'now'>

/** Begins a session of 12 h for an API key; only the hash of its token is stored. */
export async function beginSession(
  { models, now }: Deps,
  key: string,
): Promise<{ token: string; expiresAt: Date; ageSeconds: number }> {
  const token = randomBytes(32).toString('base64url')
  const createdAt = new Date(now())
  const expiresAt = new Date(createdAt.getTime() + SESSION_MS)
  await models.sessions.create({ _id: sha256(token), key, createdAt, expiresAt })
  return { token, expiresAt, ageSeconds: SESSION_MS / 1_000 }
}

/** The live session of a token. */
export async function findSession(
  { models, now }: Deps,
  token: string,
): Promise<SessionDocument | undefined> {
  const session = await models.sessions
    .findOne({ _id: sha256(token) })
    .lean<SessionDocument>()
    .exec()
  return session && session.expiresAt.getTime() > now() ? session : undefined
}

export async function endSession({ models }: Deps, token: string): Promise<void> {
  await models.sessions.deleteOne({ _id: sha256(token) })
}

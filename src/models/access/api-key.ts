import { type Model, Schema } from 'mongoose'

export const ROLES = ['ingest', 'viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

export type ApiKeyDocument = {
  /** The public part of the key, between `hk_` and the secret. */
  _id: string
  name: string
  role: Role
  /** Bound to this tenant; a key without one names a tenant with the header `Herald-Tenant`. */
  tenant?: string
  /** SHA-256 of the whole key, hex: keys are random, so a slow hash would only cost time. */
  hash: string
  last4: string
  createdAt: Date
  expiresAt?: Date
  revokedAt?: Date
  lastUsedAt?: Date
}

export const apiKeySchema = new Schema<ApiKeyDocument>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    role: { type: String, required: true },
    tenant: String,
    hash: { type: String, required: true },
    last4: { type: String, required: true },
    createdAt: { type: Date, required: true },
    expiresAt: Date,
    revokedAt: Date,
    lastUsedAt: Date,
  },
  { collection: 'api_keys', versionKey: false, autoIndex: false },
)

/** Whether somebody can log in as admin: a key with this role that is neither revoked nor expired, of whatever tenant. */
export async function hasLiveAdmin(apiKeys: Model<ApiKeyDocument>, now: Date): Promise<boolean> {
  const live = { revokedAt: { $exists: false }, role: 'admin' as const }
  const ends = [{ expiresAt: { $exists: false } }, { expiresAt: { $gt: now } }]
  return (await apiKeys.exists({ ...live, $or: ends })) !== null
}

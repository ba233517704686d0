import { z } from 'zod'
import { DEFAULT_SETTINGS, type SettingsDocument, VALIDATION_MODES } from '../../models/settings.ts'
import { recordChange } from '../access/audit.ts'
import { checkIfMatch, etagOf, staleVersion, staleWhereTwice } from '../http/etag.ts'
import { type Answer, type Call, route } from '../http/route.ts'

const tag = 'Settings'
const path = '/v1/settings'
const etag = { ETag: 'The version, for If-Match.' }

const settingsInputSchema = z
  .strictObject({
    validation: z.enum(VALIDATION_MODES).meta({
      description: 'What becomes of an event that does not fit the schema of its type.',
    }),
  })
  .meta({ id: 'SettingsInput' })
export const settingsViewSchema = settingsInputSchema
  .extend({
    version: z.number().int().meta({ description: '0: nobody has set anything.' }),
    updatedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Settings' })

type Settings = Omit<SettingsDocument, 'updatedAt'> & { updatedAt: Date | null }

async function findSettings({ deps, caller }: Call<unknown, unknown>): Promise<Settings> {
  const stored = await deps.models.settings
    .findOne({ _id: caller.tenant })
    .lean<SettingsDocument>()
    .exec()
  return stored ?? { _id: caller.tenant, ...DEFAULT_SETTINGS, version: 0, updatedAt: null }
}

function shown({ validation, version, updatedAt }: Settings): Answer {
  const body = { validation, version, updatedAt: updatedAt?.toISOString() ?? null }
  return { status: 200, body, headers: { etag: etagOf(version) } }
}

export const settingsRoutes = [
  route({
    method: 'get',
    path,
    operationId: 'getSettings',
    summary: "Read the tenant's settings",
    tag,
    role: 'admin',
    responses: { 200: { description: 'As they are', schema: settingsViewSchema, headers: etag } },
    handle: async (call) => shown(await findSettings(call)),
  }),
  route({
    method: 'put',
    path,
    operationId: 'putSettings',
    summary: "Set the tenant's settings; in force within 5 s",
    tag,
    role: 'admin',
    headers: { 'If-Match': 'The ETag that you have read, if you want to replace only that.' },
    body: settingsInputSchema,
    example: { validation: 'warn' },
    problems: [412],
    responses: {
      200: { description: 'As they are now', schema: settingsViewSchema, headers: etag },
    },
    handle: async (call) => {
      const before = await findSettings(call)
      if (call.request.headers['if-match'] !== undefined) checkIfMatch(call.request, before.version)
      const { _id, version } = before
      const updatedAt = new Date(call.deps.now())
      const after = { _id, ...call.body, version: version + 1, updatedAt }
      const set = { ...call.body, version: after.version, updatedAt }
      const result = await call.deps.models.settings
        .updateOne({ _id, version }, { $set: set }, { upsert: version === 0 })
        .catch(staleWhereTwice)
      if (result.matchedCount + result.upsertedCount === 0) throw staleVersion()
      call.validation.changed(_id)
      await recordChange(call, {
        action: 'settings.changed',
        resource: 'settings',
        before: { validation: before.validation },
        after: { validation: after.validation },
      })
      return shown(after)
    },
  }),
]

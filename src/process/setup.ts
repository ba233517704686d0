import { SEED_TYPES } from '../catalogue/seed-types.ts'
import { SEARCH_ATTRIBUTE_TYPES } from '../delivery/search-attributes.ts'
import { newFirstRunToken, sha256 } from '../ids.ts'
import { hasLiveAdmin } from '../models/access/api-key.ts'
import { createIndexes, type Models } from '../models/connect.ts'
import { insertMissing } from '../models/event-type.ts'
import { storeFirstRunToken, voidFirstRunToken } from '../models/access/first-run-token.ts'
import { keysInUse } from '../models/webhooks/rotate-secrets.ts'
import { patiently } from '../models/patience.ts'
import { apiUrl } from '../outbound/address/own-origins.ts'
import type { HeraldRuntime } from './runtime.ts'
import { lengthenRetention } from '../temporal/retention.ts'

/** Temporal's numbers for the types of search attributes (IndexedValueType). */
const INDEXED_VALUE_TYPE = { Keyword: 2, KeywordList: 7 } as const

/**
 * Makes what herald needs and is not there yet: indexes, search attributes, the first admin key, the seed catalogue.
 * Idempotent, but for the first-run token: while there is no admin key, each run makes a new one and shows it on stderr,
 * which is for whoever starts herald, while the log may be for many.
 */
export async function setUp(
  runtime: HeraldRuntime,
  show = (line: string) => void process.stderr.write(`${line}\n`),
): Promise<void> {
  await registerSearchAttributes(runtime)
  await lengthenRetention(runtime)
  await runtime.mongoReady
  await patiently(() => createIndexes(runtime.models))
  await checkKeys(runtime.models)
  await storeAdminKey(runtime)
  await offerFirstRun(runtime, show)
  await patiently(() => seedCatalogue(runtime.models, new Date()))
}

/** Throws where a secret was encrypted with a key that MASTER_KEYS does not have. */
async function checkKeys(models: Models): Promise<void> {
  const used = Object.keys(await keysInUse(models)).filter((id) => id !== 'plain')
  const missing = used.filter((id) => !models.vault.ring.has(id))
  if (missing.length > 0)
    throw new Error(`MASTER_KEYS lacks keys that encrypt stored secrets: ${missing.join(', ')}`)
}

async function registerSearchAttributes({ link, logger }: HeraldRuntime): Promise<void> {
  const { operatorService } = link.connection
  const { namespace } = link
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace })
  const missing = Object.entries(SEARCH_ATTRIBUTE_TYPES).filter(
    ([name]) => !customAttributes?.[name],
  )
  if (missing.length === 0) return
  const searchAttributes = Object.fromEntries(
    missing.map(([name, type]) => [name, INDEXED_VALUE_TYPE[type]]),
  )
  await operatorService.addSearchAttributes({ namespace, searchAttributes })
  logger.info({ namespace, names: Object.keys(searchAttributes) }, 'search_attributes.registered')
}

/** The key of ADMIN_API_KEY works from now on; only its hash is stored. */
async function storeAdminKey({ config, models, logger }: HeraldRuntime): Promise<void> {
  const value = config.ADMIN_API_KEY
  if (!value) return
  const [, id = ''] = value.split('_')
  const result = await patiently(() =>
    models.apiKeys.updateOne(
      { _id: id },
      {
        $setOnInsert: {
          name: 'first admin key',
          role: 'admin' as const,
          hash: sha256(value),
          last4: value.slice(-4),
          createdAt: new Date(),
        },
      },
      { upsert: true },
    ),
  )
  if (result.upsertedCount > 0) logger.info({ id }, 'admin_key.stored')
}

/** Shows a token that logs in once where nobody else can; where there is an admin key, the last token is void. */
async function offerFirstRun(
  { config, models, logger }: HeraldRuntime,
  show: (line: string) => void,
): Promise<void> {
  const now = new Date()
  const isGiven = config.ADMIN_API_KEY !== undefined
  if (isGiven || (await patiently(() => hasLiveAdmin(models.apiKeys, now))))
    return patiently(() => voidFirstRunToken(models))
  const token = newFirstRunToken()
  const expiresAt = await patiently(() => storeFirstRunToken(models, token, now))
  logger.warn({ expiresAt }, 'first_run_token.made')
  const url = `${apiUrl(config)}/session`
  const command = `curl -sS ${url} -H 'Content-Type: application/json' -d '{"token":"${token}"}'`
  show(
    `herald: there is no admin key. This makes one, once, until ${expiresAt.toISOString()}: ${command}`,
  )
}

/** The seed types as event types of the tenant `default`; one that was changed or deleted stays as it is. */
export async function seedCatalogue({ eventTypes }: Models, now: Date): Promise<void> {
  for (const type of SEED_TYPES.values()) await insertMissing(eventTypes, 'default', type, now)
}

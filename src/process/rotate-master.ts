import { rotateSecrets } from '../models/webhooks/rotate-secrets.ts'
import type { HeraldRuntime } from './runtime.ts'

/**
 * Encrypts every stored secret with the first of MASTER_KEYS, and says what still needs the other keys.
 * Throws where there is no key.
 */
export async function rotateMaster(runtime: HeraldRuntime): Promise<string[]> {
  const { models, gateway, mongoReady, config } = runtime
  const [first, ...others] = config.MASTER_KEYS.map(({ id }) => id)
  if (first === undefined)
    throw new Error('MASTER_KEYS is not set; make a key with `herald master-key generate`.')
  await mongoReady
  const { webhooks, rewritten, unreadable, keysInUse } = await rotateSecrets(models)
  const running = await gateway.runningSince(new Date())
  const uses = Object.entries(keysInUse).map(([id, count]) => `${id} (${count})`)
  const removable = others.filter((id) => !(id in keysInUse))
  return [
    `webhooks: ${webhooks}, re-encrypted with ${first}: ${rewritten}`,
    `keys in use in MongoDB: ${uses.join(', ') || 'none'}`,
    `no longer used in MongoDB: ${removable.join(', ') || 'none'}`,
    ...(unreadable.length > 0
      ? [`left alone, their key is missing: ${unreadable.join(', ')}`]
      : []),
    `workflows running now, which may need the older keys until they end: ${running}`,
  ]
}

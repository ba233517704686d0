import type { Config } from '../../config.ts'

/** Where people find a delivery in the console, for messages that leave herald; undefined without PUBLIC_URL. */
export function deliveryUrl({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>, id: string) {
  return PUBLIC_URL === undefined ? undefined : `${PUBLIC_URL}/deliveries/${id}`
}

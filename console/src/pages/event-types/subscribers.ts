import { wantsType } from '../../../../src/delivery/match.ts'
import type { Webhook } from '../../api/types.ts'

/** The webhooks whose events name this type, by the rule that delivers. */
export function subscribersOf(type: string, webhooks: Webhook[]): Webhook[] {
  return webhooks.filter(({ events }) => wantsType(events, type))
}

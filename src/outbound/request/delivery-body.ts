import type { EventEnvelope, Format, Target } from '../../delivery/types.ts'
import { type Body, buildBody } from './envelope.ts'
import { slackBody, type SlackLinks } from '../slack/message.ts'

/** What a webhook's receiver gets for an event: a message for Slack whatever the format, else the body of its format. */
export function deliveryBody(
  event: EventEnvelope,
  webhook: { format: Format; target: Target } | undefined,
  links: SlackLinks,
): Body {
  if (webhook?.target.type === 'slack') return slackBody(event, webhook.target, links)
  return buildBody(webhook?.format ?? 'standard', event)
}

import type { DeliverResult, TargetDeliveries } from '../delivery/contract.ts'
import type { EventEnvelope } from '../delivery/types.ts'
import { plain } from './plain.ts'

const MOST_ROWS = 50

/** Markdown for Temporal Web: what the group holds, and how far each webhook is. */
export function renderProgress(
  events: EventEnvelope[],
  targets: TargetDeliveries[],
  results: ReadonlyMap<TargetDeliveries, DeliverResult>,
): string {
  const [first] = events
  const title =
    events.length === 1 && first
      ? `**${first.type}** \`${first.id}\`${first.subject ? ` · ${plain(first.subject)}` : ''}`
      : `**${events.length} events**`
  if (targets.length === 0) return `${title}\n\nNo webhook is owed anything.`
  const rows = targets.slice(0, MOST_ROWS).map((target) => {
    const result = results.get(target)
    return `| ${plain(target.name)} | ${target.deliveries.length} | ${result ? stateOf(result) : target.limited ? 'in its lane' : 'sending or waiting'} |`
  })
  const more = targets.length > MOST_ROWS ? `\n\n… and ${targets.length - MOST_ROWS} more` : ''
  return `${title}\n\n| webhook | deliveries | state |\n|---|---|---|\n${rows.join('\n')}${more}`
}

function stateOf(result: DeliverResult): string {
  const parts = [
    result.delivered > 0 ? `${result.delivered} delivered` : '',
    result.failed > 0 ? `${result.failed} failed` : '',
    result.other > 0 ? `${result.other} cancelled` : '',
  ]
  return parts.filter(Boolean).join(', ')
}

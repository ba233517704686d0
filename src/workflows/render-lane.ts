import type { LaneInput, LaneView } from '../delivery/contract.ts'
import { plain } from './plain.ts'

/** Markdown for Temporal Web: how a lane stands. */
export function renderLane({ name, webhook }: LaneInput, view: LaneView): string {
  const { limit, held, retrying, sentInWindow, nextSlotAt } = view
  return [
    `**${plain(name)}** \`${webhook}\``,
    '',
    '| limit | held | retrying | sent in this window | next slot |',
    '|---|---|---|---|---|',
    `| ${limit ?? 'none (draining)'} | ${held} | ${retrying} | ${sentInWindow} | ${nextSlotAt ?? 'now'} |`,
  ].join('\n')
}

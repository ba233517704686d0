import type { DeliveryState } from '../api/types.ts'
import {
  DELIVERY_STATES,
  PROBLEM_STATES,
  REPLAY_STATES,
  type StateLook,
  WEBHOOK_STATES,
} from '../format/state.ts'

/** A state by icon, word and colour. */
function Badge({ look }: { look: StateLook }) {
  return (
    <span className={`badge badge-${look.tone}`} title={look.meaning}>
      <span aria-hidden="true">{look.icon}</span>
      {look.word}
    </span>
  )
}

export function DeliveryBadge({ state }: { state: DeliveryState }) {
  return <Badge look={DELIVERY_STATES[state]} />
}

export function WebhookBadge({ state }: { state: keyof typeof WEBHOOK_STATES }) {
  return <Badge look={WEBHOOK_STATES[state]} />
}

export function ProblemBadge({ state }: { state: keyof typeof PROBLEM_STATES }) {
  return <Badge look={PROBLEM_STATES[state]} />
}

export function ReplayBadge({ state }: { state: string }) {
  const look: StateLook = REPLAY_STATES[state] ?? {
    icon: '…',
    word: state,
    tone: 'quiet',
    meaning: '',
  }
  return <Badge look={look} />
}

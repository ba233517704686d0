import type { DeliveryState } from '../api/types.ts'

type Tone = 'good' | 'bad' | 'warn' | 'info' | 'quiet'
export type StateLook = { icon: string; word: string; tone: Tone; meaning: string }

export const DELIVERY_STATES: Readonly<Record<DeliveryState, StateLook>> = {
  pending: {
    icon: '…',
    word: 'pending',
    tone: 'quiet',
    meaning: 'Its first attempt is under way.',
  },
  retrying: { icon: '↻', word: 'retrying', tone: 'warn', meaning: 'It failed and is tried again.' },
  held: { icon: '◷', word: 'held', tone: 'info', meaning: 'It waits for the rate limit.' },
  delivered: { icon: '✓', word: 'delivered', tone: 'good', meaning: 'The receiver took it.' },
  failed: { icon: '✕', word: 'failed', tone: 'bad', meaning: 'Its retry schedule is used up.' },
  cancelled: { icon: '⊘', word: 'cancelled', tone: 'quiet', meaning: 'A person ended it.' },
  skipped: { icon: '⤳', word: 'skipped', tone: 'quiet', meaning: 'Nothing was sent.' },
}

/** In these herald still owes the receiver something. */
export const OPEN_STATES = ['pending', 'retrying', 'held'] as const satisfies DeliveryState[]

export function isOpen(state: string | undefined): boolean {
  return OPEN_STATES.some((one) => one === state)
}

export const WEBHOOK_STATES: Readonly<Record<'active' | 'paused' | 'disabled', StateLook>> = {
  active: { icon: '●', word: 'active', tone: 'good', meaning: 'It gets its events.' },
  paused: { icon: '❚❚', word: 'paused', tone: 'quiet', meaning: 'A person holds it back.' },
  disabled: { icon: '⚠', word: 'disabled', tone: 'bad', meaning: 'herald stopped sending to it.' },
}

export const PROBLEM_STATES: Readonly<Record<'open' | 'acknowledged' | 'resolved', StateLook>> = {
  open: { icon: '✕', word: 'open', tone: 'bad', meaning: 'Nobody has looked at it.' },
  acknowledged: { icon: '◉', word: 'acknowledged', tone: 'warn', meaning: 'Somebody is at it.' },
  resolved: { icon: '✓', word: 'resolved', tone: 'good', meaning: 'Nothing of it is left.' },
}

export const REPLAY_STATES: Readonly<Record<string, StateLook>> = {
  running: { icon: '▶', word: 'running', tone: 'info', meaning: 'It hands deliveries over.' },
  paused: { icon: '❚❚', word: 'paused', tone: 'quiet', meaning: 'It waits to be resumed.' },
  completed: { icon: '✓', word: 'completed', tone: 'good', meaning: 'All were handed over.' },
  cancelled: { icon: '⊘', word: 'cancelled', tone: 'quiet', meaning: 'A person ended it.' },
}

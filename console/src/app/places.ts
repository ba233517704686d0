import type { IconName } from '../parts/icon.tsx'

export type Place = {
  path: string
  name: string
  icon: IconName
  /** The least role that may see it. */
  role: 'viewer' | 'admin'
}

export const PLACES: readonly Place[] = [
  { path: '/', name: 'Overview', icon: 'overview', role: 'viewer' },
  { path: '/deliveries', name: 'Deliveries', icon: 'deliveries', role: 'viewer' },
  { path: '/events', name: 'Events', icon: 'events', role: 'viewer' },
  { path: '/replays', name: 'Replays', icon: 'replays', role: 'viewer' },
]

export const SETTINGS: readonly Place[] = [
  { path: '/settings/webhooks', name: 'Webhook Settings', icon: 'webhooks', role: 'viewer' },
  { path: '/settings/event-types', name: 'Event catalogue', icon: 'catalogue', role: 'viewer' },
  { path: '/settings/api-keys', name: 'API keys', icon: 'keys', role: 'admin' },
  { path: '/settings/audit', name: 'Audit', icon: 'audit', role: 'admin' },
  { path: '/settings/egress', name: 'Egress and limits', icon: 'egress', role: 'admin' },
  { path: '/settings/about', name: 'About', icon: 'about', role: 'viewer' },
]

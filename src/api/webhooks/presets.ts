import { DEFAULT_AUTO_DISABLE } from '../../delivery/health.ts'
import type {
  AutoDisable,
  Format,
  RateLimit,
  Schedule,
  Signature,
  SuccessRule,
  Target,
} from '../../delivery/types.ts'

export const PRESET_NAMES = [
  'standard',
  'spektr',
  'compliancely',
  'merchant',
  'admin-console',
] as const
export type PresetName = (typeof PRESET_NAMES)[number]

/** The fields that a preset sets; all of them can be given or changed. */
export type PresetFields = {
  format: Format
  success: SuccessRule
  signature: Signature
  retry: Schedule
  rateLimit: RateLimit | null
  concurrency: number
  autoDisable: AutoDisable | null
}

/** Standard Webhooks 1.0.0, "Deliverability and reliability". */
const STANDARD: PresetFields = {
  format: 'standard',
  success: '2xx',
  signature: { scheme: 'standard-webhooks' },
  retry: {
    type: 'list',
    delays: ['5s', '5m', '30m', '2h', '5h', '10h', '14h', '20h', '24h'],
    jitter: 0.1,
  },
  rateLimit: null,
  concurrency: 32,
  autoDisable: DEFAULT_AUTO_DISABLE,
}

/** What `preset` on create sets, from the guide of each platform (docs/seeds.md). */
export const PRESETS: Record<PresetName, PresetFields> = {
  standard: STANDARD,
  spektr: {
    ...STANDARD,
    format: 'spektr',
    success: '200',
    retry: { type: 'fixed', interval: '1s', retries: 3 },
  },
  compliancely: {
    ...STANDARD,
    format: 'raw',
    signature: { scheme: 'hmac-sha256', header: 'Compliancely-Signature', encoding: 'hex' },
    retry: { type: 'exponential', initial: '3m', factor: 2, retries: 2 },
  },
  merchant: {
    ...STANDARD,
    signature: { scheme: 'hmac-sha256', header: 'X-Signature', encoding: 'hex' },
    retry: { type: 'within', attempts: 5, within: '10s' },
    rateLimit: { limit: 10, per: '1s' },
  },
  'admin-console': { ...STANDARD, format: 'context', signature: { scheme: 'none' } },
}

/** What stands where a field is not given. Slack takes one message a second from a webhook, and verifies nothing. */
export function defaultsFor(preset: PresetName, target: Target['type']): PresetFields {
  if (target === 'http') return PRESETS[preset]
  return {
    ...PRESETS[preset],
    signature: { scheme: 'none' },
    rateLimit: { limit: 1, per: '1s' },
  }
}

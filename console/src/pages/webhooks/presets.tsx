import { PRESET_NAMES, type PresetName } from '../../../../src/api/webhooks/presets.ts'

const ABOUT: Readonly<Record<PresetName, { name: string; text: string }>> = {
  standard: { name: 'Standard', text: 'Standard Webhooks; ten attempts in three days' },
  spektr: { name: 'spektr', text: '200 only; 3 retries, 1 s apart' },
  compliancely: { name: 'Compliancely', text: 'HMAC in hex; 3 min, then 6 min' },
  merchant: { name: 'Merchant', text: '5 attempts in 10 s; 10 requests a second' },
  'admin-console': { name: 'Admin console', text: 'with context, unsigned' },
}

/** Where the settings start from; each can be changed. */
export function Presets({
  chosen,
  choose,
}: {
  chosen: PresetName
  choose: (preset: PresetName) => void
}) {
  return (
    <div
      className="row"
      role="radiogroup"
      aria-label="Start from"
      style={{ alignItems: 'stretch' }}
    >
      {PRESET_NAMES.map((preset) => (
        <button
          key={preset}
          type="button"
          role="radio"
          aria-checked={preset === chosen}
          className="preset"
          onClick={() => choose(preset)}
        >
          <strong>
            {preset === chosen && <span aria-hidden="true">✓ </span>}
            {ABOUT[preset].name}
          </strong>
          <span className="muted">{ABOUT[preset].text}</span>
        </button>
      ))}
    </div>
  )
}

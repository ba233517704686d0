import { NumberInput, Switch, TextInput } from '@mantine/core'
import { drainText } from '../../format/duration.ts'
import type { FieldProps } from './fields.tsx'

/** At most so many requests in any such time, and what that means for a backlog. */
export function LimitField({ draft: { type, isLimited, limit, per }, set, wrong }: FieldProps) {
  const drain = drainText(10_000, limit, per)
  return (
    <div className="stack stack-tight">
      <Switch
        label="Rate limit"
        description={type === 'slack' ? 'Slack takes one message a second.' : undefined}
        disabled={type === 'slack' && isLimited}
        checked={isLimited}
        onChange={(event) => set({ isLimited: event.currentTarget.checked })}
      />
      {isLimited && (
        <div className="row" style={{ alignItems: 'flex-start' }}>
          <NumberInput
            aria-label="Requests at most"
            w={100}
            min={1}
            value={limit}
            error={wrong('/rateLimit/limit')}
            onChange={(value) => typeof value === 'number' && set({ limit: value })}
          />
          <span style={{ paddingTop: 7 }}>in any</span>
          <TextInput
            aria-label="In any time of this length"
            w={100}
            value={per}
            error={wrong('/rateLimit/per')}
            onChange={(event) => set({ per: event.currentTarget.value })}
          />
          {drain && (
            <span className="muted" style={{ paddingTop: 7 }}>
              a backlog of 10,000 clears in {drain}
            </span>
          )}
        </div>
      )}
    </div>
  )
}

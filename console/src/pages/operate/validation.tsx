import { Radio } from '@mantine/core'
import { ifMatch, useAction } from '../../api/actions.ts'
import { call } from '../../api/call.ts'
import { useAnswer } from '../../api/queries.ts'
import type { Settings } from '../../api/types.ts'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Loaded } from '../../parts/loaded.tsx'

const MEANING: Readonly<Record<string, string>> = {
  off: 'they are taken as they come',
  warn: 'they are taken, and the event shows what does not fit',
  reject: 'they are refused with 422',
}

/** What becomes of an event that does not fit the schema of its type. */
export function ValidationSetting() {
  const query = useAnswer<Settings>('/v1/settings')
  const save = useAction(({ validation, version }: Pick<Settings, 'validation' | 'version'>) =>
    call('/v1/settings', { method: 'PUT', body: { validation }, headers: ifMatch(version) }),
  )
  return (
    <Loaded query={query}>
      {({ validation, version }) => (
        <>
          <Radio.Group
            value={validation}
            onChange={(value) => save.mutate({ validation: value, version })}
            aria-label="Events that do not fit their schema"
          >
            <div className="stack">
              {Object.entries(MEANING).map(([mode, meaning]) => (
                <Radio
                  key={mode}
                  value={mode}
                  label={`${mode}: ${meaning}`}
                  disabled={save.isPending}
                />
              ))}
            </div>
          </Radio.Group>
          {save.error && <ErrorNote error={save.error} />}
        </>
      )}
    </Loaded>
  )
}

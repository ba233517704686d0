import { TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import type { UrlVerdict } from '../../api/types.ts'
import type { FieldProps } from './fields.tsx'

/** The URL, judged while it is typed by the same rule as when it is saved and called. */
export function UrlField({
  draft,
  set,
  wrong,
  stored,
}: FieldProps & { stored: string | undefined }) {
  const [url] = useDebouncedValue(draft.url.trim(), 350)
  const { data } = useQuery({
    queryKey: ['check-url', url],
    queryFn: ({ signal }) =>
      call<UrlVerdict>('/v1/webhooks/check-url', { method: 'POST', body: { url }, signal }),
    // a masked URL of Slack is no URL; what is stored was judged
    enabled: url.length > 8 && url !== stored,
    staleTime: 10_000,
  })
  return (
    <div className="stack stack-tight">
      <TextInput
        label="URL"
        withAsterisk
        placeholder={
          draft.type === 'slack'
            ? 'https://hooks.slack.com/services/…'
            : 'https://crm.example.com/hooks'
        }
        value={draft.url}
        error={wrong('/target/url')}
        onChange={(event) => set({ url: event.currentTarget.value })}
      />
      <div role="status" style={{ minHeight: 20 }}>
        {data && url !== stored && <Verdict verdict={data} />}
      </div>
    </div>
  )
}

function Verdict({ verdict: { ok, refusal, warning, setting } }: { verdict: UrlVerdict }) {
  if (ok)
    return warning ? (
      <span className="tone-warn">⚠ {warning.detail}; it may be saved</span>
    ) : (
      <span className="tone-good">✓ it resolves, and may be called</span>
    )
  return (
    <span className="tone-bad">
      ✕ {refusal?.detail}
      {setting && (
        <>
          ; an operator allows it with <code>{setting}</code>
        </>
      )}
    </span>
  )
}

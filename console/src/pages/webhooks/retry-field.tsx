import { NumberInput, Select, TagsInput, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { call, problemOf } from '../../api/call.ts'
import type { PlannedAttempts, Webhook } from '../../api/types.ts'
import { spanText } from '../../format/time.ts'
import type { FieldProps } from './fields.tsx'

type Retry = Webhook['retry']

const KINDS = [
  { value: 'fixed', label: 'evenly' },
  { value: 'exponential', label: 'with growing waits' },
  { value: 'list', label: 'after these waits' },
  { value: 'within', label: 'within a time' },
]
const FIRST: Readonly<Record<Retry['type'], Retry>> = {
  fixed: { type: 'fixed', interval: '1s', retries: 3 },
  exponential: { type: 'exponential', initial: '3m', factor: 2, retries: 2 },
  list: { type: 'list', delays: ['5s', '5m', '30m', '2h'], jitter: 0.1 },
  within: { type: 'within', attempts: 5, within: '10s' },
}

/** When a delivery that fails is tried again, drawn as it is edited. */
export function RetryField({ draft: { retry }, set, wrong }: FieldProps) {
  const change = (next: Retry) => set({ retry: next })
  return (
    <div className="stack stack-tight">
      <div className="row" style={{ alignItems: 'flex-start' }}>
        <Select
          label="Retry schedule"
          w={200}
          allowDeselect={false}
          data={KINDS}
          value={retry.type}
          onChange={(type) => type && change(FIRST[type as Retry['type']])}
        />
        <Numbers retry={retry} change={change} wrong={wrong} />
      </div>
      <Plan retry={retry} />
    </div>
  )
}

type PartProps = { retry: Retry; change: (retry: Retry) => void } & Pick<FieldProps, 'wrong'>

function Numbers(part: PartProps) {
  switch (part.retry.type) {
    case 'fixed':
      return (
        <>
          <Count {...part} label="Retries" name="retries" />
          <Span {...part} label="Apart" name="interval" />
        </>
      )
    case 'exponential':
      return (
        <>
          <Count {...part} label="Retries" name="retries" />
          <Span {...part} label="First wait" name="initial" />
          <Count {...part} label="Times" name="factor" />
        </>
      )
    case 'list':
      return <Waits {...part} />
    case 'within':
      return (
        <>
          <Count {...part} label="Attempts" name="attempts" />
          <Span {...part} label="Within" name="within" />
        </>
      )
  }
}

type Named = PartProps & { label: string; name: string }

/** A field of the schedule by its name; which it has follows from its type. */
function fieldOf(retry: Retry, name: string): unknown {
  return (retry as Record<string, unknown>)[name]
}

function Count({ retry, change, wrong, label, name }: Named) {
  return (
    <NumberInput
      label={label}
      w={110}
      min={0}
      value={Number(fieldOf(retry, name))}
      error={wrong(`/retry/${name}`)}
      onChange={(given) => typeof given === 'number' && change({ ...retry, [name]: given })}
    />
  )
}

function Span({ retry, change, wrong, label, name }: Named) {
  return (
    <TextInput
      label={label}
      w={110}
      value={String(fieldOf(retry, name))}
      error={wrong(`/retry/${name}`)}
      onChange={(event) => change({ ...retry, [name]: event.currentTarget.value })}
    />
  )
}

function Waits({ retry, change, wrong }: PartProps) {
  if (retry.type !== 'list') return null
  return (
    <TagsInput
      label="Waits"
      style={{ flex: 1, minWidth: 260 }}
      value={retry.delays}
      error={wrong('/retry/delays')}
      onChange={(delays) => change({ ...retry, delays })}
      splitChars={[',', ' ']}
      allowDuplicates
    />
  )
}

/** What is wrong with the fields themselves says more than that something is. */
function wrongOf(error: Error): string {
  const { errors, detail } = problemOf(error)
  return errors.map((one) => one.detail).join(' ') || detail
}

/** The attempts in a line, with the waits between them. */
export function Plan({ retry }: { retry: Retry }) {
  const [asked] = useDebouncedValue(JSON.stringify(retry), 250)
  const { data, error } = useQuery({
    queryKey: ['plan', asked],
    queryFn: ({ signal }) =>
      call<PlannedAttempts>('/v1/webhooks/plan-retries', {
        method: 'POST',
        body: { retry: JSON.parse(asked) as unknown },
        signal,
      }),
    retry: false,
    staleTime: Infinity,
  })
  if (error) return <span className="tone-bad">{wrongOf(error)}</span>
  if (!data) return <span className="muted">…</span>
  const { attempts, totalSeconds } = data
  return (
    <div
      className="plan"
      role="img"
      aria-label={`${attempts.length} attempts in ${spanText(totalSeconds * 1_000)}`}
    >
      {attempts.map(({ number, afterSeconds }, index) => (
        <span key={number} className="row" style={{ gap: 4 }}>
          {index > 0 && (
            <span className="plan-gap">
              {spanText((afterSeconds - (attempts[index - 1]?.afterSeconds ?? 0)) * 1_000)}
            </span>
          )}
          <span className="plan-dot">{number}</span>
        </span>
      ))}
      <span className="muted">
        {attempts.length === 1
          ? 'one attempt only'
          : `gives up after ${spanText(totalSeconds * 1_000)}`}
      </span>
    </div>
  )
}

import { Button, NumberInput, Radio, Select, TextInput } from '@mantine/core'
import type { Draft } from './draft.ts'

export type FieldProps = {
  draft: Draft
  set: (change: Partial<Draft>) => void
  /** What is wrong with a field, in the API's words; by JSON pointer. */
  wrong: (pointer: string) => string | undefined
}

export function TypeField({ draft, set }: FieldProps) {
  return (
    <Radio.Group
      label="Notification Type"
      withAsterisk
      value={draft.type}
      onChange={(type) =>
        set({
          type,
          // a mask is no URL, and Slack takes one message a second
          ...(draft.url.includes('…') && { url: '' }),
          ...(type === 'slack' && { isLimited: true, limit: 1, per: '1s' }),
        })
      }
    >
      <div className="row" style={{ marginTop: 4 }}>
        <Radio value="http" label="REST" />
        <Radio value="slack" label="Slack" />
      </div>
    </Radio.Group>
  )
}

export function ApiKeyField({ draft, set, wrong }: FieldProps) {
  return (
    <div className="row" style={{ alignItems: 'flex-start' }}>
      <TextInput
        label="API Key"
        description="Sent with every request, if the receiver wants one."
        style={{ flex: 1, minWidth: 220 }}
        value={draft.apiKeyValue}
        error={wrong('/target/apiKey/value')}
        onChange={(event) => set({ apiKeyValue: event.currentTarget.value })}
        autoComplete="off"
      />
      <TextInput
        label="In the header"
        description="Its name."
        w={180}
        value={draft.apiKeyHeader}
        error={wrong('/target/apiKey/header')}
        onChange={(event) => set({ apiKeyHeader: event.currentTarget.value })}
      />
    </div>
  )
}

export function HeadersField({ draft, set, wrong }: FieldProps) {
  const change = (index: number, fields: Partial<Draft['headers'][number]>) =>
    set({ headers: draft.headers.map((one, at) => (at === index ? { ...one, ...fields } : one)) })
  return (
    <fieldset className="stack stack-tight" style={{ border: 0, padding: 0, margin: 0 }}>
      <legend>Further headers</legend>
      {draft.headers.map((header, index) => (
        <div className="row" key={index} style={{ alignItems: 'flex-start' }}>
          <TextInput
            aria-label={`Name of header ${index + 1}`}
            placeholder="Name"
            value={header.name}
            error={wrong(`/target/headers/${header.name}`)}
            onChange={(event) => change(index, { name: event.currentTarget.value })}
          />
          <TextInput
            aria-label={`Value of header ${index + 1}`}
            placeholder="Value"
            style={{ flex: 1 }}
            value={header.value}
            onChange={(event) => change(index, { value: event.currentTarget.value })}
          />
          <Button
            variant="subtle"
            color="gray"
            aria-label={`Remove header ${index + 1}`}
            onClick={() => set({ headers: draft.headers.filter((_, at) => at !== index) })}
          >
            Remove
          </Button>
        </div>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => set({ headers: [...draft.headers, { name: '', value: '' }] })}
        >
          Add a header
        </Button>
      </div>
    </fieldset>
  )
}

const SCHEMES = [
  { value: 'standard-webhooks', label: 'Standard Webhooks' },
  { value: 'hmac-sha256', label: 'HMAC-SHA256 of the body' },
  { value: 'timestamped', label: 'Timestamp and HMAC, like Stripe' },
  { value: 'none', label: 'none' },
]

export function SignatureField({ draft, set, wrong }: FieldProps) {
  const { signature } = draft
  const choose = (scheme: string | null) => {
    if (scheme === 'standard-webhooks' || scheme === 'none') set({ signature: { scheme } })
    if (scheme === 'timestamped') set({ signature: { scheme, header: 'X-Signature' } })
    if (scheme === 'hmac-sha256')
      set({ signature: { scheme, header: 'X-Signature', encoding: 'hex' } })
  }
  return (
    <div className="row" style={{ alignItems: 'flex-start' }}>
      <Select
        label="Signature"
        w={280}
        allowDeselect={false}
        data={SCHEMES}
        value={signature.scheme}
        onChange={choose}
      />
      {'header' in signature && (
        <TextInput
          label="In the header"
          value={signature.header}
          error={wrong('/signature/header')}
          onChange={(event) =>
            set({ signature: { ...signature, header: event.currentTarget.value } })
          }
        />
      )}
      {signature.scheme === 'hmac-sha256' && (
        <Select
          label="Written in"
          w={120}
          allowDeselect={false}
          data={['hex', 'base64']}
          value={signature.encoding}
          onChange={(encoding) => encoding && set({ signature: { ...signature, encoding } })}
        />
      )}
    </div>
  )
}

const FORMATS = [
  { value: 'standard', label: 'standard: id, type, timestamp, data' },
  { value: 'spektr', label: 'spektr' },
  { value: 'context', label: 'context: with the event’s context' },
  { value: 'cloudevents', label: 'CloudEvents, structured' },
  { value: 'cloudevents-binary', label: 'CloudEvents, binary' },
  { value: 'raw', label: 'raw: the data alone' },
]

export function FormatFields({ draft, set, wrong }: FieldProps) {
  return (
    <div className="row" style={{ alignItems: 'flex-start' }}>
      <Select
        label="Format"
        w={280}
        allowDeselect={false}
        data={FORMATS}
        value={draft.format}
        error={wrong('/format')}
        onChange={(format) => format && set({ format: format as Draft['format'] })}
      />
      <Select
        label="A success is"
        w={140}
        allowDeselect={false}
        data={[
          { value: '2xx', label: 'any 2xx' },
          { value: '200', label: '200 only' },
        ]}
        value={draft.success}
        onChange={(success) => success && set({ success })}
      />
      <TextInput
        label="Timeout"
        w={100}
        value={draft.timeout}
        error={wrong('/target/timeout')}
        onChange={(event) => set({ timeout: event.currentTarget.value })}
      />
      <NumberInput
        label="Open requests at most"
        w={180}
        min={1}
        max={256}
        value={draft.concurrency}
        error={wrong('/concurrency')}
        onChange={(value) => typeof value === 'number' && set({ concurrency: value })}
      />
    </div>
  )
}

export function AutoDisableField({ draft: { autoDisable }, set, wrong }: FieldProps) {
  return (
    <div className="row" style={{ alignItems: 'flex-start' }}>
      <Select
        label="When it only fails"
        w={220}
        allowDeselect={false}
        data={[
          { value: 'disable', label: 'stop sending to it' },
          { value: 'never', label: 'go on for ever' },
        ]}
        value={autoDisable ? 'disable' : 'never'}
        onChange={(value) =>
          set({ autoDisable: value === 'disable' ? { after: '5d', attempts: 20 } : null })
        }
      />
      {autoDisable && (
        <>
          <TextInput
            label="After"
            w={100}
            value={autoDisable.after}
            error={wrong('/autoDisable/after')}
            onChange={(event) =>
              set({ autoDisable: { ...autoDisable, after: event.currentTarget.value } })
            }
          />
          <NumberInput
            label="And so many attempts"
            w={180}
            min={1}
            value={autoDisable.attempts}
            error={wrong('/autoDisable/attempts')}
            onChange={(value) =>
              typeof value === 'number' && set({ autoDisable: { ...autoDisable, attempts: value } })
            }
          />
        </>
      )}
    </div>
  )
}

import { Button, PasswordInput, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { ApiProblem } from '../../api/call.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import type { Draft } from './draft.ts'
import { EventsField, ReachText } from './events-field.tsx'
import {
  ApiKeyField,
  AutoDisableField,
  type FieldProps,
  FormatFields,
  HeadersField,
  SignatureField,
  TypeField,
} from './fields.tsx'
import { LimitField } from './limit-field.tsx'
import { RetryField } from './retry-field.tsx'
import { SlackField } from './slack-field.tsx'
import { UrlField } from './url-field.tsx'

type Props = {
  draft: Draft
  set: (change: Partial<Draft>) => void
  /** Whether anything was typed that leaving would lose. */
  isDirty: boolean
  /** The URL that is stored, which needs no check. */
  stored?: string
  act: 'Create' | 'Save'
  isBusy: boolean
  error: unknown
  /** Presets, or what another admin changed. */
  children?: ReactNode
  submit: () => void
  cancel: () => void
}

/** A webhook on one page: the guide's fields first, the rest with help beside it. */
export function WebhookForm(props: Props) {
  const { draft, set, stored, act, error, children, submit } = props
  const wrong = wrongOf(error)
  const field = { draft, set, wrong }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    submit()
  }
  return (
    <form className="stack narrow" onSubmit={onSubmit} aria-label={`${act} webhook`} noValidate>
      {children}
      <TextInput
        label="Webhook Name"
        withAsterisk
        value={draft.name}
        error={wrong('/name')}
        onChange={(event) => set({ name: event.currentTarget.value })}
        {...(act === 'Create' && { 'data-autofocus': true, autoFocus: true })}
      />
      <EventsField {...field} />
      <TypeField {...field} />
      <UrlField {...field} stored={stored} />
      {draft.type === 'http' ? <ApiKeyField {...field} /> : <SlackField {...field} />}
      <RetryField {...field} />
      <LimitField {...field} />
      <Further {...field} isNew={act === 'Create'} />
      {error !== undefined && error !== null && <ErrorNote error={error} />}
      <Buttons {...props} />
    </form>
  )
}

function Buttons({ act, isBusy, isDirty, cancel }: Props) {
  const [isLeaving, setLeaving] = useState(false)
  if (isLeaving)
    return (
      <Confirm
        act="Leave without saving"
        isDangerous
        confirm={cancel}
        cancel={() => setLeaving(false)}
      >
        What you typed here is not saved.
      </Confirm>
    )
  return (
    <div className="row" style={{ justifyContent: 'flex-end' }}>
      <Button variant="default" onClick={() => (isDirty ? setLeaving(true) : cancel())}>
        Cancel
      </Button>
      <Button type="submit" loading={isBusy}>
        {act}
      </Button>
    </div>
  )
}

function Further({ isNew, ...field }: FieldProps & { isNew: boolean }) {
  const { draft, set, wrong } = field
  const isHttp = draft.type === 'http'
  return (
    <details className="panel">
      <summary>Filter, headers, format, signature, auto-disable</summary>
      <div className="stack" style={{ marginTop: 12 }}>
        <Textarea
          label="Filter"
          description="CEL over id, type, subject, reference, context and data; only events where it is true."
          placeholder={'data.status == "high_risk"'}
          autosize
          classNames={{ input: 'mono' }}
          value={draft.filter}
          error={wrong('/filter')}
          onChange={(event) => set({ filter: event.currentTarget.value })}
        />
        {draft.filter && <ReachText events={draft.events} filter={draft.filter} />}
        {isHttp && <HeadersField {...field} />}
        <FormatFields {...field} />
        {isHttp && <SignatureField {...field} />}
        {isHttp && isNew && (
          <PasswordInput
            label="Secret"
            description="Leave it empty: herald makes one and shows it."
            value={draft.secret}
            error={wrong('/secret')}
            autoComplete="new-password"
            onChange={(event) => set({ secret: event.currentTarget.value })}
          />
        )}
        <AutoDisableField {...field} />
        <Textarea
          label="Description"
          autosize
          value={draft.description}
          error={wrong('/description')}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
      </div>
    </details>
  )
}

/** The API's words for a field, wherever below its pointer the fault is. */
function wrongOf(error: unknown): FieldProps['wrong'] {
  const errors = error instanceof ApiProblem ? error.problem.errors : []
  return (pointer) =>
    errors.find((one) => one.pointer === pointer || one.pointer.startsWith(`${pointer}/`))?.detail
}

import { Button } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { ifMatch, useAction } from '../../api/actions.ts'
import { ApiProblem, call } from '../../api/call.ts'
import type { Webhook } from '../../api/types.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Conflict } from './conflict.tsx'
import { draftOf, patchOf } from './draft.ts'
import { WebhookForm } from './form.tsx'
import { storedOpened, useStoredDraft } from './stored-draft.ts'

const keyOf = ({ id }: Webhook) => `herald.webhook.${id}`

/** The form over what was read when it was opened, so that another admin's change is noticed, not overwritten. */
export function SettingsTab({ webhook }: { webhook: Webhook }) {
  const [opened, setOpened] = useState(() => storedOpened(keyOf(webhook)) ?? webhook)
  return (
    <div className="stack stack-wide">
      <Editor key={opened.version} opened={opened} reopen={setOpened} />
      <Delete webhook={webhook} />
    </div>
  )
}

type Opened = { opened: Webhook; reopen: (webhook: Webhook) => void }

/** The draft and its saving; `theirs` is what another admin stored since it was opened. */
function useEditor({ opened, reopen }: Opened) {
  const before = draftOf(opened)
  const stored = useStoredDraft(keyOf(opened), before, opened)
  const [theirs, setTheirs] = useState<Webhook>()
  const [, go] = useLocation()
  const path = `/v1/webhooks/${opened.id}`
  const save = useAction(async (version: number) => {
    const body = patchOf(before, stored.draft)
    const saved = await call<Webhook>(path, { method: 'PATCH', body, headers: ifMatch(version) })
    stored.forget()
    reopen(saved)
    go(`/settings/webhooks/${opened.id}`)
  })
  const submit = async (version: number) => {
    try {
      await save.mutateAsync(version)
    } catch (error) {
      if (error instanceof ApiProblem && error.problem.code === 'version_stale')
        setTheirs(await call<Webhook>(path))
    }
  }
  const leave = () => {
    stored.forget()
    go(`/settings/webhooks/${opened.id}`)
  }
  return { ...stored, before, theirs, save, submit, leave }
}

function Editor({ opened, reopen }: Opened) {
  const editor = useEditor({ opened, reopen })
  const { draft, set, isDirty, forget, before, theirs, save, submit, leave } = editor
  return (
    <WebhookForm
      draft={draft}
      set={set}
      isDirty={isDirty}
      stored={opened.target.url}
      act="Save"
      isBusy={save.isPending}
      error={theirs ? undefined : save.error}
      submit={() => void submit(opened.version)}
      cancel={leave}
    >
      {theirs && (
        <Conflict
          before={before}
          mine={draft}
          theirs={draftOf(theirs)}
          keepMine={() => void submit(theirs.version)}
          takeTheirs={() => {
            forget()
            reopen(theirs)
          }}
        />
      )}
    </WebhookForm>
  )
}

function Delete({ webhook }: { webhook: Webhook }) {
  const [isAsked, setAsked] = useState(false)
  const [, go] = useLocation()
  const remove = useAction(async () => {
    await call(`/v1/webhooks/${webhook.id}`, {
      method: 'DELETE',
      headers: ifMatch(webhook.version),
    })
    go('/settings/webhooks')
  })
  const { owed } = webhook
  const open = owed ? owed.pending + owed.held + owed.retrying : 0
  if (!isAsked)
    return (
      <div className="narrow">
        <Button variant="default" color="red" onClick={() => setAsked(true)}>
          Delete the webhook…
        </Button>
      </div>
    )
  return (
    <div className="narrow">
      <Confirm
        act="Delete the webhook"
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        confirm={() => remove.mutate(undefined)}
        cancel={() => setAsked(false)}
      >
        “{webhook.name}” gets nothing any more.{' '}
        {open > 0 ? `${open} open deliveries are cancelled.` : 'It is owed nothing.'} What it got
        stays on record.
      </Confirm>
    </div>
  )
}

import { useLocation } from 'wouter'
import { useAction } from '../../api/actions.ts'
import { call } from '../../api/call.ts'
import type { Webhook } from '../../api/types.ts'
import { PageHead } from '../../parts/page.tsx'
import { type Draft, inputOf, newDraft, ofPreset } from './draft.ts'
import { WebhookForm } from './form.tsx'
import { Presets } from './presets.tsx'
import { keepNewSecret } from './new-secret.ts'
import { useStoredDraft } from './stored-draft.ts'

/** Create a webhook; then its test is one click away. */
export default function NewWebhookPage() {
  const { draft, set, isDirty, forget } = useStoredDraft('herald.new-webhook', newDraft())
  const [, go] = useLocation()
  const create = useAction((given: Draft) =>
    call<Webhook>('/v1/webhooks', { method: 'POST', body: inputOf(given) }),
  )
  const submit = async () => {
    const webhook = await create.mutateAsync(draft)
    forget()
    keepNewSecret(webhook)
    go(`/settings/webhooks/${webhook.id}/test`)
  }
  return (
    <>
      <PageHead title="Create webhook" />
      <WebhookForm
        draft={draft}
        set={set}
        isDirty={isDirty}
        act="Create"
        isBusy={create.isPending}
        error={create.error}
        submit={() => void submit().catch(() => undefined)}
        cancel={() => {
          forget()
          go('/settings/webhooks')
        }}
      >
        <Presets chosen={draft.preset} choose={(preset) => set({ preset, ...ofPreset(preset) })} />
      </WebhookForm>
    </>
  )
}

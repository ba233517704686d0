import { useState } from 'react'
import { Link } from 'wouter'
import type { Webhook } from '../../api/types.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { forgetNewSecret, newSecretOf } from './new-secret.ts'

/** The secret of a webhook that was made a moment ago. */
export function NewSecret({ webhook: { id } }: { webhook: Webhook }) {
  const [secret, setSecret] = useState(() => newSecretOf(id))
  if (secret === undefined) return null
  return (
    <div className="note note-good stack stack-tight">
      <div>The webhook is created. Its receiver verifies signatures with this secret:</div>
      <div className="row">
        <code style={{ overflowWrap: 'anywhere' }}>{secret}</code>
        <CopyButton text={secret} what="the secret" label="Copy" />
      </div>
      <div className="row">
        <button
          type="button"
          className="link-button"
          onClick={() => {
            forgetNewSecret(id)
            setSecret(undefined)
          }}
        >
          Hide it
        </button>
        <Link href={`/settings/webhooks/${id}/secret`}>How to verify</Link>
      </div>
    </div>
  )
}

import { newId } from '../../ids.ts'
import type { ReplayDocument } from '../../models/replays/document.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { recordChange } from '../access/audit.ts'
import { ApiError } from '../http/errors.ts'
import { validationError } from '../input/parse-input.ts'
import { countReplay } from './count.ts'
import { type ReplayInput, replayView } from './view.ts'
import type { Answer, Call } from '../http/route.ts'

/** Counts what a replay takes, and starts it unless only the count is wanted. */
export async function startReplay(call: Call<unknown, ReplayInput>): Promise<Answer> {
  const { deps, caller, body } = call
  const { filter, missing, force, rate, dryRun } = body
  await checkWebhook(call, filter.webhook)
  const createdAt = new Date(deps.now())
  const scope = { tenant: caller.tenant, filter, missing, createdAt }
  const count = await countReplay(scope, { ...deps, rate })
  if (dryRun) return { status: 200, body: count }
  const replay: ReplayDocument = {
    _id: newId('rpl', createdAt.getTime()),
    ...scope,
    state: 'running',
    force,
    rate,
    selected: count.count,
    sent: 0,
    by: caller.keyId,
    updatedAt: createdAt,
  }
  await deps.models.replays.create(replay)
  await wake(call, replay).catch(async (error: unknown) => {
    await deps.models.replays.deleteOne({ _id: replay._id })
    throw error
  })
  const view = replayView(deps, replay, [])
  await recordChange(call, { action: 'replay.started', resource: replay._id, after: view })
  return {
    status: 202,
    body: { ...view, ...(count.warnings && { warnings: count.warnings }) },
    headers: { location: view.links.self },
  }
}

/** Has the replay's workflow look at its state; starts the workflow if there is none. Throws temporal_unavailable. */
export async function wake(
  { deps }: Pick<Call<unknown, unknown>, 'deps'>,
  { _id: replay, tenant }: ReplayDocument,
): Promise<void> {
  await deps.replays.wake({ tenant, replay }).catch((cause: unknown) => {
    throw new ApiError('temporal_unavailable', 'The workflow could not be reached; try again.', {
      headers: { 'retry-after': '2' },
      cause,
    })
  })
}

/** A replay to one webhook that would get nothing says so, instead of sending nothing. */
async function checkWebhook(
  { deps, caller }: Call<unknown, unknown>,
  id: string | undefined,
): Promise<void> {
  if (id === undefined) return
  const webhook = await deps.models.webhooks
    .findOne({ _id: id, tenant: caller.tenant })
    .lean<WebhookDocument>()
    .exec()
  if (!webhook) {
    const detail = 'names no webhook of this tenant'
    throw validationError([{ pointer: '/filter/webhook', detail, code: 'unknown_webhook' }])
  }
  if (webhook.deletedAt)
    throw new ApiError('webhook_deleted', 'The webhook was deleted; nobody would get it.')
  if (webhook.state === 'active') return
  const resume = `POST /v1/webhooks/${id}/resume`
  throw new ApiError(
    'webhook_inactive',
    `“${webhook.name}” is ${webhook.state} and would get nothing. Resume it first (${resume}), then replay.`,
  )
}

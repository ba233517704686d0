import { createHmac, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { IdempotentRequestDocument } from '../../models/access/idempotent-request.ts'
import { KeyRing } from '../../vault/key-ring.ts'
import { isSealedText, TextVault } from '../../vault/sealed-text.ts'
import { credentialOf } from '../access/auth.ts'
import { headerOf } from '../input/bytes.ts'
import { ApiError } from './errors.ts'
import type { Answer, UnparsedCall } from './route.ts'

const KEPT_MS = 24 * 3_600_000
/** No request takes that long: its process died, and who asks again begins anew. */
const ABANDONED_MS = 60_000

/** What a request is stored under, and what only its sender can open its answer with. */
type Asked = { id: string; request: string; vault: TextVault }
type Claim = { turn: string } | { answer: Answer }

/** The request's Idempotency-Key, if it has one. Throws header_invalid. */
export function idempotencyKeyOf(request: IncomingMessage): string | undefined {
  const key = headerOf(request, 'idempotency-key')
  if (key === undefined || /^[ -~]{1,255}$/.test(key)) return key
  throw new ApiError('header_invalid', 'Idempotency-Key must be 1–255 printable characters.', {
    errors: [{ pointer: '/header/Idempotency-Key', detail: 'is malformed', code: 'pattern' }],
  })
}

/**
 * The answer of a request that is carried out once: where it has an Idempotency-Key, the same request of the same caller
 * gets the same answer for 24 h. What throws is not kept. Throws idempotency_key_reused, idempotency_key_busy.
 */
export async function answerOnce(
  call: UnparsedCall,
  body: Uint8Array,
  carryOut: () => Promise<Answer>,
): Promise<Answer> {
  const key = idempotencyKeyOf(call.request)
  if (key === undefined) return carryOut()
  const asked = askedBy(call, key, body)
  const claim = await claimed(call, asked)
  if ('answer' in claim) return claim.answer
  const { idempotentRequests } = call.deps.models
  const own = { _id: asked.id, turn: claim.turn }
  try {
    const answer = await carryOut()
    const kept = asked.vault.seal(JSON.stringify(answer), asked.id)
    // one that is not kept is found out about by who asks again, not by who has the answer
    await idempotentRequests.updateOne(own, { $set: { answer: kept } }).catch((err: unknown) => {
      call.deps.logger.warn({ err, requestId: call.requestId }, 'idempotency.answer_not_kept')
    })
    return answer
  } catch (error) {
    await idempotentRequests.deleteOne(own).catch(() => undefined)
    throw error
  }
}

function askedBy({ request, caller, deps }: UnparsedCall, key: string, body: Uint8Array): Asked {
  const credential = credentialOf(request, deps.config)
  const digest = (...parts: string[]) =>
    createHmac('sha256', credential).update(JSON.stringify([caller.tenant, key, ...parts]))
  const what = digest('request', request.method ?? '', request.url ?? '').update(body)
  const ring = new KeyRing([{ id: 'caller', key: digest('answer').digest() }])
  return {
    id: digest('id').digest('hex'),
    request: what.digest('hex'),
    vault: new TextVault(ring),
  }
}

/** The right to carry the request out, or the answer of who had it before. */
async function claimed({ deps }: UnparsedCall, { id, request, vault }: Asked): Promise<Claim> {
  const { idempotentRequests } = deps.models
  const nowMs = deps.now()
  const mine = {
    request,
    turn: randomUUID(),
    begunAt: new Date(nowMs),
    expiresAt: new Date(nowMs + KEPT_MS),
  }
  const before = await idempotentRequests
    .findOneAndUpdate({ _id: id }, { $setOnInsert: mine }, { upsert: true })
    .lean<IdempotentRequestDocument>()
    .exec()
    .catch(busyWhereTwice)
  if (!before) return mine
  const isOver = before.expiresAt.getTime() <= nowMs
  if (!isOver && before.request !== request) throw reused()
  if (!isOver && isSealedText(before.answer))
    return { answer: replayed(vault.open(before.answer, id)) }
  if (!isOver && nowMs - before.begunAt.getTime() < ABANDONED_MS) throw busy()
  const { modifiedCount } = await idempotentRequests.updateOne(
    { _id: id, turn: before.turn },
    { $set: mine, $unset: { answer: 1 } },
  )
  if (modifiedCount === 0) throw busy()
  return mine
}

function replayed(text: string): Answer {
  const answer = JSON.parse(text) as Answer
  return { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } }
}

function reused(): ApiError {
  const detail = 'was used for another request'
  return new ApiError(
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request; make a new key for a new request.',
    { errors: [{ pointer: '/header/Idempotency-Key', detail, code: 'idempotency_key_reused' }] },
  )
}

function busy(): ApiError {
  const detail = 'The request with this Idempotency-Key is under way; ask again for its answer.'
  return new ApiError('idempotency_key_busy', detail, { headers: { 'retry-after': '1' } })
}

/** Two inserts at once: the other one has it. */
function busyWhereTwice(error: unknown): never {
  throw error instanceof Error && 'code' in error && error.code === 11000 ? busy() : error
}

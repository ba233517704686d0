import { durationMs } from '../../delivery/duration.ts'
import type { Duration, Signature } from '../../delivery/types.ts'
import type { Secret } from '../../models/webhooks/document.ts'
import { checkSecret, newSecret } from '../../outbound/request/signature.ts'
import { validationError } from '../input/parse-input.ts'

export const DEFAULT_OVERLAP: Duration = '24h'

/** A new secret for the scheme: the given one or a made one; undefined for `none`. Throws validation_failed at /secret. */
export function secretFor(signature: Signature, given: string | undefined): string | undefined {
  if (signature.scheme === 'none' && given === undefined) return undefined
  if (given === undefined) return newSecret(signature)
  const fault = checkSecret(signature, given)
  if (fault !== undefined)
    throw validationError([{ pointer: '/secret', detail: fault, code: 'secret_invalid' }])
  return given
}

/** The secrets with a new one in front; the others sign until the overlap is over. */
export function rotated(
  secrets: readonly Secret[],
  value: string,
  { nowMs, overlap }: { nowMs: number; overlap: Duration },
): Secret[] {
  const endsAtMs = nowMs + durationMs(overlap)
  const kept = secrets.flatMap((secret) => {
    const expiresAtMs = Math.min(secret.expiresAt?.getTime() ?? Infinity, endsAtMs)
    return expiresAtMs > nowMs ? [{ ...secret, expiresAt: new Date(expiresAtMs) }] : []
  })
  return [{ value, createdAt: new Date(nowMs) }, ...kept]
}

/** The stored secrets that can serve this scheme; none of them if the newest cannot, since a new one is due then. */
export function fittingSecrets(signature: Signature, secrets: readonly Secret[]): Secret[] {
  const fits = ({ value }: Secret) => checkSecret(signature, value) === undefined
  return secrets[0] && fits(secrets[0]) ? secrets.filter(fits) : []
}

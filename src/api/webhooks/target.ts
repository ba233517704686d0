import type { Target } from '../../delivery/types.ts'
import { SLACK_HOST } from '../../outbound/slack/url.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { validationError } from '../input/parse-input.ts'

type Warning = { code: string; detail: string }

/**
 * The target with the normal form of its URL, and what may go wrong with it later.
 * Throws validation_failed at /target/url for an address that herald does not call.
 */
export async function checkedTarget(
  deps: ApiDependencies,
  target: Target,
): Promise<{ target: Target; warnings: Warning[] }> {
  const checked = await deps.checkTarget(target.url)
  if (!checked.ok) throw refused(checked.code, checked.detail)
  if (target.type === 'slack') checkSlackHost(checked.url, deps.config.SLACK_ALLOW_HOSTS)
  return {
    target: { ...target, url: checked.url },
    warnings: checked.warning ? [checked.warning] : [],
  }
}

function checkSlackHost(url: string, allowed: readonly string[]): void {
  const { host, hostname, protocol } = new URL(url)
  if (host === SLACK_HOST && protocol === 'https:') return
  if (!allowed.includes(host) && !allowed.includes(hostname))
    throw refused('slack_host', `must be an https:// URL of ${SLACK_HOST}`)
}

function refused(code: string, detail: string) {
  return validationError([{ pointer: '/target/url', detail, code }])
}

import type { Target } from '../delivery/types.ts'
import type { ApiDependencies } from './dependencies.ts'
import { validationError } from './parse-input.ts'

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
  const { host, hostname } = new URL(url)
  const hosts = ['hooks.slack.com', ...allowed]
  if (!hosts.includes(host) && !hosts.includes(hostname))
    throw refused('slack_host', 'must be a URL of hooks.slack.com')
}

function refused(code: string, detail: string) {
  return validationError([{ pointer: '/target/url', detail, code }])
}

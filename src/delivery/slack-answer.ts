/** Slack's words for a webhook, team or channel that is no more. */
const GONE_WORDS = new Set([
  'no_service',
  'no_service_id',
  'no_team',
  'team_disabled',
  'invalid_token',
  'channel_not_found',
  'channel_is_archived',
])
/** Statuses of 4xx that may pass: the request took too long, came too early, or was one too many. */
const PASSING = new Set([408, 425, 429])

export type SlackAnswer = {
  verdict: 'gone' | 'refused' | 'retry'
  /** Slack's own word, such as `no_service`; undefined where the body is something else. */
  word: string | undefined
}

/**
 * What an answer of Slack's incoming webhooks that is no success means ("Handling errors" of its documentation). The
 * webhook or channel is gone: 404, 410 or a word that says so. Any other 4xx is Slack's last word on these bytes,
 * which never change; 408, 425, 429 and 5xx pass.
 */
export function slackAnswer({ status, body }: { status: number; body: string }): SlackAnswer {
  const [word] = /^[a-z][a-z0-9_]{1,63}$/.exec(body.trim()) ?? []
  const isClientError = status >= 400 && status < 500
  if (!isClientError || PASSING.has(status)) return { verdict: 'retry', word }
  const isGone = status === 404 || status === 410 || GONE_WORDS.has(word ?? '')
  return { verdict: isGone ? 'gone' : 'refused', word }
}

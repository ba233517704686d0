import type { Delivery } from '../api/types.ts'
import { plural } from './number.ts'

export type Diagnosis = { happened: string; todo: string }

const CAUSES: Readonly<Record<string, { happened: string; todo: string }>> = {
  dns_error: {
    happened: 'The host name of the URL could not be resolved.',
    todo: 'Check the spelling of the URL and the name servers of its owner, then redeliver.',
  },
  connect_refused: {
    happened: 'Nothing listens at the address of the receiver.',
    todo: 'Ask its owner whether the service runs and its port is open, then redeliver.',
  },
  connect_timeout: {
    happened: 'The receiver did not accept the connection in time.',
    todo: 'A firewall may drop the requests of herald: ask its owner, then redeliver.',
  },
  reset: {
    happened: 'The connection was closed before an answer came.',
    todo: 'A proxy or a crash of the receiver does this: ask its owner for the log of that second.',
  },
  timeout: {
    happened: 'The receiver took the request and did not answer within the timeout of the webhook.',
    todo: 'It should answer first and work later; a longer timeout is in the webhook’s settings.',
  },
  tls_error: {
    happened: 'No secure connection could be made: the certificate or the protocol was refused.',
    todo: 'The detail below has the reason of the TLS library; its owner has to mend it.',
  },
  redirect_refused: {
    happened: 'The receiver answered with a redirect, which webhooks do not follow.',
    todo: 'Set the URL of the webhook to where the redirect leads.',
  },
  destination_refused: {
    happened: 'The address behind the URL may not be called from here.',
    todo: 'An operator can allow it; Settings → Egress and limits shows what is allowed.',
  },
  response_invalid: {
    happened: 'What came back was not HTTP.',
    todo: 'Check that the URL leads to a web server, and its scheme.',
  },
  http_4xx: {
    happened: 'The receiver refused the request.',
    todo: 'Its answer below says why: often the URL, an API key or the signature.',
  },
  http_5xx: {
    happened: 'The receiver failed while it worked on the request.',
    todo: 'Ask its owner, then redeliver.',
  },
  http_2xx: {
    happened: 'The receiver answered with a success that this webhook does not count.',
    todo: 'Its success rule takes 200 only; the rule is in the webhook’s settings.',
  },
  gone: {
    happened: 'The receiver answered 410 Gone: it wants nothing more, so the webhook was disabled.',
    todo: 'Ask its owner; a test that succeeds makes the webhook active again.',
  },
  slack_gone: {
    happened: 'Slack says that the channel or the incoming webhook is gone.',
    todo: 'Make a new incoming webhook in Slack and set its URL.',
  },
  proxy_error: {
    happened: 'The egress proxy did not pass the request on. The receiver is not charged for it.',
    todo: 'Ask who runs the proxy.',
  },
}

/** What ends a delivery before its schedule does. */
const ENDED_BY_WEBHOOK = new Set(['webhook_disabled', 'webhook_deleted', 'crash_loop'])
const FINAL = new Set(['gone', 'slack_gone'])

/** What happened to a delivery, and what its reader can do, in plain words. */
export function diagnose(delivery: Delivery): Diagnosis {
  const { state, attempts, reason } = delivery
  const last = attempts.at(-1)
  switch (state) {
    case 'delivered':
      return {
        happened:
          attempts.length > 1
            ? `It was delivered at attempt ${last?.number}, after ${plural(attempts.length - 1, 'failure')}.`
            : 'It was delivered at the first attempt.',
        todo: 'Nothing.',
      }
    case 'pending':
      return { happened: 'Its first attempt is under way.', todo: 'Wait for a moment.' }
    case 'held':
      return {
        happened: 'It waits until the rate limit of its webhook lets it out.',
        todo: 'Nothing; a higher limit is in the webhook’s settings.',
      }
    case 'cancelled':
    case 'skipped':
      return {
        happened: reason?.detail ?? `It was ${state}.`,
        todo: 'Redeliver it if the receiver should get it after all.',
      }
    case 'retrying':
    case 'failed':
      return ofFailure(delivery, last)
  }
}

function ofFailure(delivery: Delivery, last: Delivery['attempts'][number] | undefined): Diagnosis {
  const code = delivery.reason?.code ?? last?.code ?? 'unknown'
  if (ENDED_BY_WEBHOOK.has(code) && delivery.reason)
    return {
      happened: delivery.reason.detail,
      todo: 'Redeliver it when the webhook is active again.',
    }
  const status = last?.status ? ` It answered ${last.status}.` : ''
  const cause = CAUSES[code] ?? {
    happened: last?.detail ?? `It failed with ${code}.`,
    todo: 'Look at the attempts below.',
  }
  const attempts = plural(delivery.attemptCount, 'attempt')
  const end =
    delivery.state === 'failed' && !FINAL.has(code)
      ? ` After ${attempts} its schedule is used up.`
      : delivery.state === 'failed'
        ? ''
        : ' It is tried again by itself.'
  const hint = delivery.state === 'retrying' ? 'Nothing, or try it now. ' : ''
  return { happened: `${cause.happened}${status}${end}`, todo: `${hint}${cause.todo}` }
}

import pc from 'picocolors'
import type { DemoDelivery } from './demo/event.ts'
import type { Hit } from './demo/receiver.ts'
import type { Screen } from './screen.ts'
import type { Running } from './stack.ts'

const EXAMPLE = {
  type: 'customer_tag_add',
  subject: 'cus_1',
  data: { tagId: 't1', action: 'add', userId: null, processId: null },
}

/** The links and the admin key. */
export function showLinks(screen: Screen, running: Running): void {
  const { api, apiKey, metrics, temporalUi, receiver } = running
  const rows = [
    ['Console', `${api}/  (log in with the admin key)`],
    ['API', api],
    ['API docs', `${api}/docs`],
    ['OpenAPI', `${api}/v1/openapi.json`],
    ...(temporalUi ? [['Temporal Web', temporalUi]] : []),
    ...(metrics ? [['Metrics', metrics]] : []),
    ['Receiver', `${receiver.url}  (GET / lists what came)`],
    ['Admin key', apiKey],
  ]
  const text = rows.map(([name = '', value]) => `  ${pc.bold(name.padEnd(13))} ${value}`)
  const fields = {
    api,
    docs: `${api}/docs`,
    openApi: `${api}/v1/openapi.json`,
    temporalUi,
    metrics,
    receiver: receiver.url,
    apiKey,
  }
  screen.event('ready', fields, `\n${text.join('\n')}\n`)
}

/** One line per request that reached the built-in receiver. */
export function showHit(screen: Screen, hit: Hit): void {
  const { type, id, attempt, verified, status } = hit
  const word = { true: pc.green('verified ✔'), false: pc.red('verified ✘'), null: 'not checked' }
  screen.event(
    'received',
    { type, id, attempt, verified, status },
    `→ ${type} ${id} attempt ${attempt}, answered ${status}, signature ${word[`${verified}`]}`,
  )
}

/** The first delivery. */
export function showDelivery(screen: Screen, delivery: DemoDelivery): void {
  const { event, delivery: id, tookMs } = delivery
  const step = `Delivered ${event} in ${tookMs} ms, signature verified (${id})`
  screen.done(step, { ...delivery, verified: true })
}

/** What to paste so that README's commands find this herald, a first command, and how to stop. */
export function showNextSteps(screen: Screen, { api, apiKey }: Running): void {
  const variables = `export HERALD_URL=${api} HERALD_KEY=${apiKey}`
  const curl = `curl -sS "$HERALD_URL/v1/events" -H "Authorization: Bearer $HERALD_KEY" -H 'Content-Type: application/json' -d '${JSON.stringify(EXAMPLE)}'`
  const text = `\nFor your shell, and for the commands of README.md:\n  ${variables}\n\nSend an event yourself:\n  ${curl}\n\nCtrl-C stops everything.`
  screen.event('next', { export: variables, curl }, text)
}

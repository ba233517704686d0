/** How the message of an event type reads. */
export type SlackLayout = {
  title: string
  /** A template, left out where the event has none of its values. */
  summary?: string
  /** Label and path in `data`, in order; paths that the event does not have are left out. */
  fields: readonly (readonly [label: string, path: string])[]
}

const RUN = [
  ['Process', 'processName'],
  ['Process id', 'processId'],
  ['Run', 'contextId'],
] as const
const TAG = [
  ['Tag', 'tagId'],
  ['By', 'userId'],
  ['Process id', 'processId'],
] as const

const HEALTH = {
  summary: '*{{data.name}}* ({{data.host}}): {{data.reason}}',
  fields: [
    ['Failed attempts', 'attempts'],
    ['Failing since', 'since'],
  ],
} as const

/** The event types of the seed catalogue; any other one gets its own fields. */
export const SLACK_LAYOUTS: ReadonlyMap<string, SlackLayout> = new Map<string, SlackLayout>([
  [
    'process_run_start',
    {
      title: 'Process started',
      summary: '*{{data.processName}}* has started ({{data.processType}}).',
      fields: RUN.slice(1),
    },
  ],
  [
    'process_run_end',
    {
      title: 'Process finished',
      summary: '*{{data.process_name}}* has finished: *{{data.process_output}}*',
      fields: [['Files', 'files.clientFiles']],
    },
  ],
  ['step_init', { title: 'Step opened', fields: [] }],
  ['step_submit', { title: 'Step submitted', fields: [] }],
  [
    'service_run',
    {
      title: 'Service run',
      summary: '*{{data.vendorType}}* has run in *{{data.processName}}*.',
      fields: [['Process type', 'processType'], ...RUN.slice(1), ['Case', 'reference']],
    },
  ],
  ['alert_created', { title: 'Alert created', fields: [] }],
  [
    'alert_resolved',
    {
      title: 'Alert resolved',
      summary: '*{{data.alertName}}* was resolved.',
      fields: [['Resolved by', 'userId'], ['Alert id', 'alertId'], ...RUN.slice(1)],
    },
  ],
  ['customer_tag_add', { title: 'Customer tag added', fields: TAG }],
  ['customer_tag_remove', { title: 'Customer tag removed', fields: TAG }],
  [
    'customer_status_changed',
    {
      title: 'Customer status changed',
      summary: '*{{data.oldStatus}}* → *{{data.newStatus}}*',
      fields: [['Customer', 'customerName'], ['By', 'userId'], ...RUN.slice(0, 2)],
    },
  ],
  ['herald.webhook.failing', { title: 'Webhook is failing', ...HEALTH }],
  ['herald.webhook.disabled', { title: 'Webhook was disabled', ...HEALTH }],
  ['herald.webhook.recovered', { title: 'Webhook has recovered', ...HEALTH }],
])

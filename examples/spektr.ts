// node --import tsx examples/spektr.ts [--data-dir FOLDER] [--api URL --key KEY] [--help]
// The spektr guide: its envelope, Standard Webhooks signatures, 200 only, 3 retries 1 s apart.
import { isDeepStrictEqual } from 'node:util'
import { type Event, runExample } from './lib/example.ts'
import type { Json } from './lib/herald.ts'
import { verifyStandard } from './lib/verify.ts'

const onboarding = { processId: 'prc_7', processName: 'Onboarding', processType: 'onboarding' }
const field = { key: 'iban', label: 'IBAN', helptext: null, placeholder: null, internalId: 'f_1' }
const tag = { tagId: 'tag_pep', userId: null, processId: 'prc_7' }
const events: Event[] = [
  { type: 'process_run_start', reference: 'crm-42', data: { ...onboarding, contextId: 'run_1' } },
  {
    type: 'process_run_end',
    data: {
      process_name: 'Onboarding',
      process_output: 'approved',
      files: { clientFiles: ['https://files.example.com/passport.pdf'] },
      fields: [{ ...field, children: [] }],
      data: { iban: 'DK5000400440116243' },
    },
  },
  { type: 'step_init', data: { step: 'identity' } },
  { type: 'step_submit', data: { step: 'identity' } },
  {
    type: 'service_run',
    data: { ...onboarding, contextId: 'run_1', vendorType: 'screening', reference: null },
  },
  { type: 'alert_created', data: { alertId: 'alr_1' } },
  {
    type: 'alert_resolved',
    data: {
      contextId: 'run_1',
      processId: 'prc_7',
      userId: 'usr_3',
      alertId: 'alr_1',
      alertName: 'Sanctions hit',
    },
  },
  { type: 'customer_tag_add', data: { ...tag, action: 'add' } },
  { type: 'customer_tag_remove', data: { ...tag, action: 'remove' } },
  {
    type: 'customer_status_changed',
    data: {
      oldStatus: 'low_risk',
      newStatus: 'high_risk',
      customerName: 'Ada',
      userId: null,
      processId: null,
      processName: null,
    },
  },
]

/** What the guide's envelope carries of an event: its data, at the top level for process_run_end. */
function holds(envelope: Json, { type, data, reference }: Event): boolean {
  const known = { id: envelope['id'], spektrId: 'cus_42', type, createdAt: envelope['createdAt'] }
  const rest = type === 'process_run_end' ? data : { data }
  const wanted = { ...known, delivered: null, ...(reference ? { reference } : {}), ...rest }
  return Number.isInteger(envelope['createdAt']) && isDeepStrictEqual(envelope, wanted)
}

await runExample({
  webhook: {
    name: 'spektr example',
    preset: 'spektr',
    // the guide's names are stored as the types on the wire; patterns are written in those
    events: [
      'PROCESS_RUN_START',
      'PROCESS_RUN_END',
      'SERVICE_RUN',
      'step_*',
      'alert_*',
      'customer_*',
    ],
  },
  events: events.map((event) => ({ subject: 'cus_42', ...event })),
  // 201 is no success for this preset, so the first event is sent again a second later
  firstAnswers: [201],
  verify(request, { id, event, secret }) {
    if (!verifyStandard(request, secret)) return false
    const envelope = JSON.parse(request.body.toString()) as Json
    return envelope['id'] === id && holds(envelope, event)
  },
})

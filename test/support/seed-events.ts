/** An event of each of the ten seed types, as docs/event-types.md names it. */
export const SEED_EVENTS: readonly { type: string; reference?: string; data: unknown }[] = [
  {
    type: 'process_run_start',
    reference: 'case-7',
    data: { processType: 'onboarding', processName: 'KYC', processId: 'p1', contextId: 'c1' },
  },
  {
    type: 'process_run_end',
    data: {
      process_name: 'KYC',
      process_output: 'approved',
      files: { clientFiles: ['https://files.example.com/1', 'https://files.example.com/2'] },
      fields: [
        {
          key: 'country',
          label: 'Country of residence',
          helptext: null,
          placeholder: null,
          internalId: 'f1',
          children: [
            { key: 'zip', label: 'ZIP code', helptext: null, placeholder: null, internalId: 'f2' },
          ],
        },
      ],
      data: { country: 'DK', zip: '2100', otherAnswer: 7 },
      createdAt: 1_764_000_000_000,
    },
  },
  { type: 'step_init', data: { step: 'identity' } },
  { type: 'step_submit', data: { step: 'identity', answers: { ok: true } } },
  {
    type: 'service_run',
    data: {
      vendorType: 'pep_check',
      contextId: 'c1',
      processId: 'p1',
      processName: 'KYC',
      processType: 'risk',
      reference: null,
    },
  },
  { type: 'alert_created', data: { alertName: 'Sanction hit', score: 0.93 } },
  {
    type: 'alert_resolved',
    data: { contextId: 'c1', processId: 'p1', userId: 'u1', alertId: 'a1', alertName: 'PEP hit' },
  },
  {
    type: 'customer_tag_add',
    data: { tagId: 'vip', action: 'add', userId: 'u1', processId: null },
  },
  {
    type: 'customer_tag_remove',
    data: { tagId: 'vip', action: 'remove', userId: null, processId: 'p1' },
  },
  {
    type: 'customer_status_changed',
    data: {
      oldStatus: 'low_risk',
      newStatus: 'high_risk',
      customerName: 'Ada & Sons',
      userId: null,
      processId: null,
      processName: null,
    },
  },
]

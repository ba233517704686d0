import { objectOf, text, textOrNull } from './schema-parts.ts'
import type { CatalogueType } from './types.ts'

const TAG = objectOf({
  tagId: text,
  action: { enum: ['add', 'remove'] },
  userId: textOrNull,
  processId: textOrNull,
})

/** The alerts and customers of the spektr guide (product.md §7). */
export const CUSTOMER_TYPES: CatalogueType[] = [
  {
    name: 'alert_created',
    guideName: 'ALERT_CREATED',
    description: 'An alert was raised. Not defined yet: any object.',
    status: 'wip',
    schema: { type: 'object' },
    example: { alertName: 'Sanctions list' },
  },
  {
    name: 'alert_resolved',
    guideName: 'ALERT_RESOLVED',
    description: 'Somebody resolved an alert.',
    status: 'available',
    schema: objectOf({
      contextId: text,
      processId: text,
      userId: { ...text, description: 'Who resolved it.' },
      alertId: text,
      alertName: text,
    }),
    example: {
      contextId: 'run_19',
      processId: 'prc_7Yk2',
      userId: 'usr_4',
      alertId: 'alr_88',
      alertName: 'Sanctions list',
    },
  },
  {
    name: 'customer_tag_add',
    guideName: 'CUSTOMER_TAG_ADDED',
    description: 'A customer got a tag, from a person or from a process.',
    status: 'available',
    schema: TAG,
    example: { tagId: 'vip', action: 'add', userId: 'usr_4', processId: null },
  },
  {
    name: 'customer_tag_remove',
    guideName: 'CUSTOMER_TAG_REMOVED',
    description: 'A customer lost a tag, by a person or by a process.',
    status: 'available',
    schema: TAG,
    example: { tagId: 'vip', action: 'remove', userId: null, processId: 'prc_7Yk2' },
  },
  {
    name: 'customer_status_changed',
    guideName: 'CUSTOMER_STATUS_CHANGED',
    description: 'The status of a customer changed.',
    status: 'available',
    schema: objectOf({
      oldStatus: text,
      newStatus: text,
      customerName: text,
      userId: textOrNull,
      processId: textOrNull,
      processName: textOrNull,
    }),
    example: {
      oldStatus: 'low_risk',
      newStatus: 'high_risk',
      customerName: 'Ada Lovelace',
      userId: null,
      processId: 'prc_7Yk2',
      processName: 'Risk assessment',
    },
  },
]

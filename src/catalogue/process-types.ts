import { objectOf, text, textOrNull } from './schema-parts.ts'
import type { CatalogueType } from './types.ts'

const FIELD = {
  key: textOrNull,
  label: textOrNull,
  helptext: textOrNull,
  placeholder: textOrNull,
  internalId: textOrNull,
}
/** A field of a field has none of its own: one level, as the guide says. */
const CHILD_FIELD = objectOf(FIELD, { children: { type: 'array', maxItems: 0 } })

/** The processes of the spektr guide (product.md §7). */
export const PROCESS_TYPES: CatalogueType[] = [
  {
    name: 'process_run_start',
    guideName: 'PROCESS_RUN_START',
    description: 'A process began. `reference` stands at the top level of the event.',
    status: 'available',
    schema: objectOf({
      processType: { ...text, examples: ['risk', 'monitoring', 'onboarding'] },
      processName: text,
      processId: text,
      contextId: { ...text, description: 'The run.' },
    }),
    example: {
      processType: 'onboarding',
      processName: 'Company onboarding',
      processId: 'prc_7Yk2',
      contextId: 'run_19',
    },
  },
  {
    name: 'process_run_end',
    guideName: 'PROCESS_RUN_END',
    description:
      'A process ended. The spektr format puts these members at the top level. The URLs of its files are valid for 24 h: a later redelivery or replay sends the old ones.',
    status: 'available',
    schema: objectOf(
      {
        process_name: text,
        process_output: text,
        files: objectOf({
          clientFiles: { type: 'array', items: text, description: 'URLs, valid for 24 h.' },
        }),
        fields: {
          type: 'array',
          items: objectOf(FIELD, { children: { type: 'array', items: CHILD_FIELD } }),
        },
        data: {
          type: 'object',
          description: 'What was entered, by the key of the field.',
        },
      },
      { createdAt: { type: 'number', description: 'Epoch milliseconds.' } },
    ),
    example: {
      process_name: 'Company onboarding',
      process_output: 'approved',
      files: { clientFiles: ['https://files.example.com/registration.pdf'] },
      fields: [
        {
          key: 'address',
          label: 'Address',
          helptext: 'Where the company is registered',
          placeholder: null,
          internalId: 'fld_1',
          children: [
            {
              key: 'country',
              label: 'Country',
              helptext: null,
              placeholder: 'DK',
              internalId: 'fld_2',
            },
          ],
        },
      ],
      data: { country: 'DK' },
      createdAt: 1_767_225_600_000,
    },
  },
  {
    name: 'step_init',
    guideName: 'STEP_INIT',
    description: 'A step of a process began. Not defined yet: any object.',
    status: 'wip',
    schema: { type: 'object' },
    example: { step: 'identity' },
  },
  {
    name: 'step_submit',
    guideName: 'STEP_SUBMIT',
    description: 'A step of a process was submitted. Not defined yet: any object.',
    status: 'wip',
    schema: { type: 'object' },
    example: { step: 'identity' },
  },
  {
    name: 'service_run',
    guideName: 'SERVICE_RUN',
    description: 'A service of a vendor ran as a part of a process.',
    status: 'available',
    schema: objectOf({
      vendorType: text,
      contextId: text,
      processId: text,
      processName: text,
      processType: text,
      reference: textOrNull,
    }),
    example: {
      vendorType: 'kyc',
      contextId: 'run_19',
      processId: 'prc_7Yk2',
      processName: 'Company onboarding',
      processType: 'onboarding',
      reference: null,
    },
  },
]

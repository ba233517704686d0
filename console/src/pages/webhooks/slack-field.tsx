import { Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import type { Preview } from '../../api/types.ts'
import { SlackBlocks } from '../../parts/slack-blocks.tsx'
import type { FieldProps } from './fields.tsx'

const EVENT = {
  type: 'customer_tag_add',
  subject: 'customer-42',
  data: { tagId: 'vip', action: 'add', userId: null, processId: null },
}

/** The text of the message, and the message as Slack draws it. */
export function SlackField({ draft: { template, timeout }, set, wrong }: FieldProps) {
  const [asked] = useDebouncedValue(template, 350)
  const target = {
    type: 'slack',
    url: 'https://hooks.slack.com/services/T0/B0/preview',
    timeout,
    ...(asked && { template: asked }),
  }
  const { data, error } = useQuery({
    queryKey: ['slack-preview', asked],
    queryFn: ({ signal }) =>
      call<Preview>('/v1/webhooks/preview', {
        method: 'POST',
        body: { target, event: EVENT },
        signal,
      }),
    retry: false,
  })
  return (
    <div className="columns-2">
      <Textarea
        label="Message"
        description="Slack mrkdwn with {{type}}, {{subject}}, {{data.path}}; empty: herald’s own layout."
        autosize
        minRows={4}
        value={template}
        error={wrong('/target/template') ?? (error && asked ? error.message : undefined)}
        onChange={(event) => set({ template: event.currentTarget.value })}
      />
      <div className="stack stack-tight">
        <span>As Slack draws it</span>
        {data?.slack && <SlackBlocks text={data.slack.text} blocks={data.slack.blocks} />}
      </div>
    </div>
  )
}

import { Button } from '@mantine/core'
import { Link, useParams } from 'wouter'
import { useAnswer } from '../../api/queries.ts'
import { useMay } from '../../api/session.ts'
import type { EventType } from '../../api/types.ts'
import { useWebhooks } from '../../api/webhooks.ts'
import { TextView } from '../../parts/json-view.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead, Section } from '../../parts/page.tsx'
import { WebhookBadge } from '../../parts/state-badge.tsx'
import { schemaRows } from './schema-rows.ts'
import { subscribersOf } from './subscribers.ts'
import { Table } from '../../parts/table.tsx'

const HEADS = ['Field', 'Type', 'Needed', 'Meaning']

export default function EventTypePage() {
  const { name = '' } = useParams()
  const query = useAnswer<EventType>(`/v1/event-types/${name}`)
  return <Loaded query={query}>{(type) => <TypeView type={type} />}</Loaded>
}

function TypeView({ type }: { type: EventType }) {
  const { name, description, guideName, status, schema, example } = type
  const isAdmin = useMay('admin')
  return (
    <div className="narrow">
      <PageHead
        title={name}
        actions={
          isAdmin && (
            <Button component={Link} href="/events/new" size="compact-sm" variant="default">
              Send one
            </Button>
          )
        }
      />
      <div className="stack stack-wide">
        <div>
          {description && <p>{description}</p>}
          <div className="muted">
            {status}
            {guideName && `, ${guideName} in the guide`}, version {type.version}
          </div>
        </div>
        <Section title="Who wants it">
          <Subscribers name={name} />
        </Section>
        {schema && (
          <Section title="Schema of data">
            <SchemaTable schema={schema} />
          </Section>
        )}
        {example !== undefined && (
          <Section title="Example">
            <TextView text={JSON.stringify(example)} label="Example" />
          </Section>
        )}
      </div>
    </div>
  )
}

function Subscribers({ name }: { name: string }) {
  const { data } = useWebhooks()
  const wanting = subscribersOf(name, data?.data ?? [])
  if (wanting.length === 0) return <p className="muted">No webhook wants it.</p>
  return (
    <ul style={{ margin: 0, paddingLeft: 20 }}>
      {wanting.map((webhook) => (
        <li key={webhook.id}>
          <Link href={`/settings/webhooks/${webhook.id}`}>{webhook.name}</Link>{' '}
          <WebhookBadge state={webhook.state} />
        </li>
      ))}
    </ul>
  )
}

function SchemaTable({ schema }: { schema: Record<string, unknown> }) {
  return (
    <Table caption="Schema" heads={HEADS}>
      {schemaRows(schema).map(({ path, type, isNeeded, description }) => (
        <tr key={path}>
          <td className="mono">{path}</td>
          <td>{type}</td>
          <td>{isNeeded ? 'yes' : '–'}</td>
          <td className="wide">{description}</td>
        </tr>
      ))}
    </Table>
  )
}

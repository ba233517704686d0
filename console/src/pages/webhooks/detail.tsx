import { Button } from '@mantine/core'
import { Link, useLocation, useParams } from 'wouter'
import { usePost } from '../../api/actions.ts'
import { useAnswer } from '../../api/queries.ts'
import { useMay } from '../../api/session.ts'
import type { Webhook } from '../../api/types.ts'
import { ErrorNote } from '../../parts/error-note.tsx'
import { useKeys } from '../../parts/keys.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page.tsx'
import { WebhookBadge } from '../../parts/state-badge.tsx'
import { AuditTab } from './audit-tab.tsx'
import { DeliveriesTab } from './deliveries-tab.tsx'
import { OverviewTab } from './overview-tab.tsx'
import { SecretTab } from './secret-tab.tsx'
import { SettingsTab } from './settings-tab.tsx'
import { TestTab } from './test-tab.tsx'

const TABS = [
  { path: '', name: 'Overview', role: 'viewer', Tab: OverviewTab },
  { path: 'deliveries', name: 'Deliveries', role: 'viewer', Tab: DeliveriesTab },
  { path: 'test', name: 'Test', role: 'operator', Tab: TestTab },
  { path: 'secret', name: 'Secret', role: 'admin', Tab: SecretTab },
  { path: 'settings', name: 'Settings', role: 'admin', Tab: SettingsTab },
  { path: 'audit', name: 'Audit', role: 'admin', Tab: AuditTab },
] as const

/** One webhook: how it does, what it got, a test, its secret, its settings, who changed it. */
export default function WebhookPage() {
  const { id = '', tab = '' } = useParams()
  const query = useAnswer<Webhook>(`/v1/webhooks/${id}`, { everyMs: 3_000 })
  return (
    <Loaded query={query}>
      {(webhook) => <WebhookView key={webhook.id} webhook={webhook} tab={tab} />}
    </Loaded>
  )
}

function WebhookView({ webhook, tab }: { webhook: Webhook; tab: string }) {
  const { id, name, state } = webhook
  const roles = { viewer: useMay('viewer'), operator: useMay('operator'), admin: useMay('admin') }
  const tabs = TABS.filter(({ role }) => roles[role])
  const shown = tabs.find(({ path }) => path === tab) ?? tabs[0]
  const [, go] = useLocation()
  useKeys({ e: () => roles.admin && go(`/settings/webhooks/${id}/settings`) })
  if (!shown) return null
  const { Tab } = shown
  return (
    <>
      <PageHead
        name={name}
        title={
          <span className="row">
            {name} <WebhookBadge state={state} />
          </span>
        }
        actions={<Actions webhook={webhook} />}
      />
      <StateNote webhook={webhook} />
      <nav className="tabs" aria-label="Parts of the webhook">
        {tabs.map(({ path, name: tabName }) => (
          <Link
            key={path}
            href={`/settings/webhooks/${id}${path && `/${path}`}`}
            {...(path === shown.path && { 'aria-current': 'page' })}
          >
            {tabName}
          </Link>
        ))}
      </nav>
      <Tab webhook={webhook} />
    </>
  )
}

function Actions({ webhook: { id, state } }: { webhook: Webhook }) {
  const isOperator = useMay('operator')
  const post = usePost<Webhook>()
  if (!isOperator) return null
  const verb = state === 'active' ? 'pause' : 'resume'
  return (
    <>
      {post.error && <ErrorNote error={post.error} />}
      <Button
        size="compact-sm"
        variant="default"
        loading={post.isPending}
        onClick={() => post.mutate(`/v1/webhooks/${id}/${verb}`)}
      >
        {state === 'active' ? 'Pause' : 'Resume'}
      </Button>
      <Button component={Link} href={`/settings/webhooks/${id}/test`} size="compact-sm">
        Send test
      </Button>
    </>
  )
}

/** Why nothing goes out, and what to do. */
function StateNote({ webhook }: { webhook: Webhook }) {
  const { id, state, stateReason, failing, filterError, fault } = webhook
  const isOperator = useMay('operator')
  const missed = new URLSearchParams({
    webhook: id,
    state: 'skipped',
    ...(stateReason && { from: stateReason.at }),
  })
  return (
    <div className="stack" style={{ marginBottom: 12 }}>
      {state === 'disabled' && (
        <div className="note note-bad">
          {stateReason?.detail} Nothing is sent to it. A test that succeeds makes it active again.
        </div>
      )}
      {state === 'paused' && (
        <div className="note">
          {stateReason?.detail} Events that come meanwhile are kept as skipped
          {isOperator && (
            <>
              ; after it is resumed,{' '}
              <Link href={`/replays/new?${missed.toString()}`}>replay what was missed</Link>
            </>
          )}
          .
        </div>
      )}
      {failing && state === 'active' && (
        <div className="note note-warn">
          {failing.attempts} attempts in a row have failed.{' '}
          <Link href={`/deliveries?webhook=${id}&state=retrying`}>Show what retries</Link>
        </div>
      )}
      {filterError && <div className="note note-warn">Its filter failed: {filterError.detail}</div>}
      {fault && <div className="note note-bad">{fault.detail}</div>}
    </div>
  )
}

import { useAnswer } from '../../api/queries.ts'
import type { Egress } from '../../api/types.ts'
import { bytesText, countText } from '../../format/number.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead, Section } from '../../parts/page.tsx'
import { ValidationSetting } from './validation.tsx'
import { Table } from '../../parts/table.tsx'

const HEADS = ['What', 'As it is', 'Setting']

/** Where requests may go, and the limits: as the operator set them, with the names of the settings. */
export default function EgressPage() {
  const query = useAnswer<Egress>('/v1/egress')
  return (
    <div className="narrow">
      <PageHead title="Egress and limits" />
      <Loaded query={query}>
        {(egress) => (
          <div className="stack stack-wide">
            <Section title="Where requests may go">
              <Facts facts={addressFacts(egress)} />
            </Section>
            <Section title="Limits">
              <Facts facts={limitFacts(egress)} />
            </Section>
            <Section title="Events that do not fit their schema">
              <ValidationSetting />
            </Section>
          </div>
        )}
      </Loaded>
    </div>
  )
}

type Fact = [name: string, value: string, setting: string]

function Facts({ facts }: { facts: Fact[] }) {
  return (
    <Table caption="Settings" heads={HEADS}>
      {facts.map(([name, value, setting]) => (
        <tr key={setting}>
          <td>{name}</td>
          <td className="wide">{value}</td>
          <td className="mono">{setting}</td>
        </tr>
      ))}
    </Table>
  )
}

const list = (texts: string[], none: string) => texts.join(', ') || none

function addressFacts(egress: Egress): Fact[] {
  return [
    ['Schemes', egress.allowHttp ? 'https and http' : 'https', 'ALLOW_HTTP'],
    ['Private networks', list(egress.allowCidrs, 'none'), 'OUTBOUND_ALLOW_CIDRS'],
    ['Hosts that may be private', list(egress.allowHosts, 'none'), 'OUTBOUND_ALLOW_HOSTS'],
    [
      'Networks that are refused',
      list(egress.denyCidrs, 'none but private ones'),
      'OUTBOUND_DENY_CIDRS',
    ],
    ['Slack', list(egress.slackHosts, 'none'), 'SLACK_ALLOW_HOSTS'],
    ['Proxy', egress.proxy ? 'all requests leave through it' : 'none', 'EGRESS_PROXY_URL'],
  ]
}

function limitFacts({ ingest, ...egress }: Egress): Fact[] {
  const days = egress.retentionDays === 0 ? 'for ever' : `${egress.retentionDays} days`
  return [
    [
      'Open requests to one origin',
      countText(egress.originConcurrency),
      'OUTBOUND_ORIGIN_CONCURRENCY',
    ],
    [
      'Open requests of one tenant',
      countText(egress.tenantConcurrency),
      'OUTBOUND_TENANT_CONCURRENCY',
    ],
    ['Events a second from one key', countText(ingest.ratePerSecond), 'INGEST_RATE'],
    ['An event at most', bytesText(ingest.maxBytes), 'INGEST_MAX_BYTES'],
    ['Unattempted events before senders wait', countText(ingest.maxWaiting), 'INGEST_MAX_WAITING'],
    ['Open deliveries of one webhook', countText(egress.backlogMax), 'BACKLOG_MAX'],
    ['Finished events are kept', days, 'RETENTION_DAYS'],
  ]
}

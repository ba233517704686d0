import { useAnswer } from '../../api/queries.ts'
import { PageHead } from '../../parts/page.tsx'

export default function AboutPage() {
  const { data } = useAnswer<{ name: string; version: string }>('/')
  return (
    <div className="narrow stack">
      <PageHead title="About" />
      <dl className="facts">
        <dt>herald</dt>
        <dd>{data?.version ?? '…'}</dd>
        <dt>API</dt>
        <dd>
          <a href="/docs">reference</a>, <a href="/v1/openapi.json">OpenAPI document</a>
        </dd>
        <dt>Operating</dt>
        <dd>
          <a href="/docs/guides/operate">what to do when something was down</a>,{' '}
          <a href="/docs/guides/operate#find-it-in-temporal">queries for Temporal Web</a>
        </dd>
        <dt>Health</dt>
        <dd>
          <a href="/livez">/livez</a>, <a href="/readyz">/readyz</a>
        </dd>
        <dt>Licence</dt>
        <dd>MIT, every part of it, this console too</dd>
      </dl>
      <p className="muted">This console asks nothing of any other machine.</p>
    </div>
  )
}

import { Button } from '@mantine/core'
import { Link } from 'wouter'
import { useMay } from '../../api/session.ts'
import { Empty } from '../../parts/page.tsx'

/** What somebody does who has just started herald. */
export function FirstSteps() {
  const isAdmin = useMay('admin')
  return (
    <Empty title="Create your first webhook">
      <p style={{ margin: 0 }}>
        A webhook says where events go: a name, the events it wants, and a URL. Then send a test
        event: it takes the real way, signed, with its retries, and its attempt is shown at once.
      </p>
      {isAdmin ? (
        <div className="row">
          <Button component={Link} href="/settings/webhooks/new">
            Create your first webhook
          </Button>
        </div>
      ) : (
        <p className="muted">An admin creates webhooks; your key may look.</p>
      )}
      <p className="muted" style={{ margin: 0 }}>
        Or by the API: <code>POST /v1/webhooks</code>, see <a href="/docs">the reference</a>.
      </p>
    </Empty>
  )
}

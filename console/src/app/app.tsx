import { lazy, Suspense } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { useSession } from '../api/session.ts'
import { LoginPage } from '../pages/login/login.tsx'
import { OverviewPage } from '../pages/overview/overview.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { Skeleton } from '../parts/skeleton.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { Frame } from './frame.tsx'
import { NotFound } from './not-found.tsx'
import { only } from './only.tsx'

const page = {
  deliveries: lazy(() => import('../pages/deliveries/list.tsx')),
  delivery: lazy(() => import('../pages/deliveries/detail.tsx')),
  events: lazy(() => import('../pages/events/list.tsx')),
  event: lazy(() => import('../pages/events/detail.tsx')),
  compose: only(
    'admin',
    lazy(() => import('../pages/events/compose.tsx')),
  ),
  replays: lazy(() => import('../pages/replays/list.tsx')),
  replay: lazy(() => import('../pages/replays/detail.tsx')),
  newReplay: only(
    'operator',
    lazy(() => import('../pages/replays/new.tsx')),
  ),
  webhooks: lazy(() => import('../pages/webhooks/list.tsx')),
  newWebhook: only(
    'admin',
    lazy(() => import('../pages/webhooks/new.tsx')),
  ),
  webhook: lazy(() => import('../pages/webhooks/detail.tsx')),
  eventTypes: lazy(() => import('../pages/event-types/list.tsx')),
  eventType: lazy(() => import('../pages/event-types/detail.tsx')),
  apiKeys: only(
    'admin',
    lazy(() => import('../pages/access/api-keys.tsx')),
  ),
  audit: only(
    'admin',
    lazy(() => import('../pages/access/audit.tsx')),
  ),
  egress: only(
    'admin',
    lazy(() => import('../pages/operate/egress.tsx')),
  ),
  about: lazy(() => import('../pages/operate/about.tsx')),
}

/** The login where nobody is logged in, else the frame with the page of the address. */
export function App() {
  const { data: session, error, refetch } = useSession()
  const [location] = useLocation()
  if (error && session === undefined)
    return (
      <main className="content narrow">
        <ErrorNote error={error} again={() => void refetch()} />
      </main>
    )
  if (session === undefined) return <Skeleton lines={6} />
  if (session === null) return <LoginPage />
  return (
    <Frame session={session}>
      <ErrorBoundary address={location}>
        <Suspense fallback={<Skeleton lines={8} />}>
          <Pages />
        </Suspense>
      </ErrorBoundary>
    </Frame>
  )
}

function Pages() {
  return (
    <Switch>
      <Route path="/" component={OverviewPage} />
      <Route path="/deliveries" component={page.deliveries} />
      <Route path="/deliveries/:id" component={page.delivery} />
      <Route path="/events" component={page.events} />
      <Route path="/events/new" component={page.compose} />
      <Route path="/events/:id" component={page.event} />
      <Route path="/replays" component={page.replays} />
      <Route path="/replays/new" component={page.newReplay} />
      <Route path="/replays/:id" component={page.replay} />
      <Route path="/settings/webhooks" component={page.webhooks} />
      <Route path="/settings/webhooks/new" component={page.newWebhook} />
      <Route path="/settings/webhooks/:id/:tab?" component={page.webhook} />
      <Route path="/settings/event-types" component={page.eventTypes} />
      <Route path="/settings/event-types/:name" component={page.eventType} />
      <Route path="/settings/api-keys" component={page.apiKeys} />
      <Route path="/settings/audit" component={page.audit} />
      <Route path="/settings/egress" component={page.egress} />
      <Route path="/settings/about" component={page.about} />
      <Route component={NotFound} />
    </Switch>
  )
}

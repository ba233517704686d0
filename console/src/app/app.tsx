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
import { Only } from './only.tsx'

const page = {
  deliveries: lazy(() => import('../pages/deliveries/list.tsx')),
  delivery: lazy(() => import('../pages/deliveries/detail.tsx')),
  events: lazy(() => import('../pages/events/list.tsx')),
  event: lazy(() => import('../pages/events/detail.tsx')),
  compose: lazy(() => import('../pages/events/compose.tsx')),
  replays: lazy(() => import('../pages/replays/list.tsx')),
  replay: lazy(() => import('../pages/replays/detail.tsx')),
  newReplay: lazy(() => import('../pages/replays/new.tsx')),
  webhooks: lazy(() => import('../pages/webhooks/list.tsx')),
  newWebhook: lazy(() => import('../pages/webhooks/new.tsx')),
  webhook: lazy(() => import('../pages/webhooks/detail.tsx')),
  eventTypes: lazy(() => import('../pages/event-types/list.tsx')),
  eventType: lazy(() => import('../pages/event-types/detail.tsx')),
  apiKeys: lazy(() => import('../pages/access/api-keys.tsx')),
  audit: lazy(() => import('../pages/access/audit.tsx')),
  egress: lazy(() => import('../pages/operate/egress.tsx')),
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
      <Route path="/events/new">
        <Only role="admin">
          <page.compose />
        </Only>
      </Route>
      <Route path="/events/:id" component={page.event} />
      <Route path="/replays" component={page.replays} />
      <Route path="/replays/new">
        <Only role="operator">
          <page.newReplay />
        </Only>
      </Route>
      <Route path="/replays/:id" component={page.replay} />
      <Route path="/settings/webhooks" component={page.webhooks} />
      <Route path="/settings/webhooks/new">
        <Only role="admin">
          <page.newWebhook />
        </Only>
      </Route>
      <Route path="/settings/webhooks/:id/:tab?" component={page.webhook} />
      <Route path="/settings/event-types" component={page.eventTypes} />
      <Route path="/settings/event-types/:name" component={page.eventType} />
      <Route path="/settings/api-keys">
        <Only role="admin">
          <page.apiKeys />
        </Only>
      </Route>
      <Route path="/settings/audit">
        <Only role="admin">
          <page.audit />
        </Only>
      </Route>
      <Route path="/settings/egress">
        <Only role="admin">
          <page.egress />
        </Only>
      </Route>
      <Route path="/settings/about" component={page.about} />
      <Route component={NotFound} />
    </Switch>
  )
}
